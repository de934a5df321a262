#!/bin/sh
# The corpora, set by set: runs every test named conformance_* and writes the table docs/reference/conformance.md.
# The folder of corpora is HSIGN_CORPORA, or ../shared/corpora beside the checkout. SET=dss (or SET=dss,pkits) runs these
# sets alone; then, or with OTHER_CORPORA=1 (a folder that isn't the usual one), or where a set is missing, the table is
# only shown.
set -eu
cd "$(dirname "$0")/../.."
folder="${HSIGN_CORPORA:-../shared/corpora}"
list=tests/conformance/sets.tsv
known="$(tail -n +2 "$list" | cut -f1)"
export HSIGN_SETS="${SET:-}"

# What was asked for by name has to be there.
wrong=""
for set in $(echo "$HSIGN_SETS" | tr ',' ' '); do
    if ! echo "$known" | grep -qxF -e "$set"; then
        echo "there is no set $set; known are:" $known >&2
        wrong=1
    elif [ ! -d "$folder/$set" ]; then
        echo "the set $set is not at $folder" >&2
        wrong=1
    fi
done
if [ -n "${OTHER_CORPORA:-}" ] && [ ! -d "$folder" ]; then
    echo "there are no corpora at $folder" >&2
    wrong=1
fi
[ -z "$wrong" ] || exit 1

absent=""
for set in $known; do
    [ -d "$folder/$set" ] || absent="$absent $set"
done

# Of one set, only the tests that name it are built.
targets="--lib --tests"
if [ -n "$HSIGN_SETS" ]; then
    quoted="$(echo "$HSIGN_SETS" | sed 's/[^,]*/"&"/g; s/,/|/g')"
    targets="$(grep -rlE "$quoted" crates/*/tests tests/tests --include='*.rs' |
        sed -E 's#.*/tests/([^/]+).*#\1#; s#\.rs$##; s#^#--test #' | sort -u)"
fi

build="${CARGO_TARGET_DIR:-target}"
log="$build/conformance.log"
mkdir -p "$build"
# Without capturing, a test's first line stands behind its name.
told() { grep -oE "$1 \\|.*" "$2" | sed "s/^$1 //" | sort; }

began=$(date +%s)
status=0
# shellcheck disable=SC2086
cargo test --profile ci --workspace $targets -- conformance_ --nocapture --test-threads=1 >"$log" 2>&1 || status=$?
grep -oE '(conformance( class| left)? \|.*|skipped: .*|test result: FAILED.*|.*panicked at.*)' "$log" | awk '!told[$0]++' || true
if [ "$status" != 0 ]; then
    cat "$log" >&2
    exit "$status"
fi
rows=$(told conformance "$log" || true)
if [ -z "$rows" ]; then
    echo "no set was compared" >&2
    if [ "${REQUIRE_ALL:-}" = 1 ] || [ -n "$HSIGN_SETS${OTHER_CORPORA:-}" ]; then exit 1; fi
    exit 0
fi
left=$(told 'conformance left' "$log" || true)
classes=$(told 'conformance class' "$log" || true)

compared=$(date +%s)
# Paths judged by certval and OpenSSL too: a workspace of its own, since certval brings what nothing shipped should see.
judged=""
if [ -z "$HSIGN_SETS" ] || grep -qE "$quoted" tests/differential/tests/*.rs; then
    differential="$build/differential.log"
    cargo test --manifest-path tests/differential/Cargo.toml --target-dir "$build/differential" \
        -- --nocapture --test-threads=1 >"$differential" 2>&1 || { cat "$differential" >&2; exit 1; }
    judged=$(told differential "$differential")
    echo "$judged"
fi

# Set by set, from what each row tells: set | row | cases | agree | known differences | new |
summary() {
    echo "| set | what it holds | rows | cases | agree | known differences | new | left out |"
    echo "|---|---|---|---|---|---|---|---|"
    { echo "$rows" | sed 's/^/row /'; echo "$left" | sed 's/^/left /'; } | awk -F' *[|] *' -v list="$list" -v asked="$HSIGN_SETS" '
        $1 == "row" { n[$2]++; for (i = 4; i <= 7; i++) { sum[$2, i] += $i; all[i] += $i } total++ }
        $1 == "left" { out[$2] += $4; every += $4 }
        END {
            getline line < list
            while ((getline line < list) > 0) {
                split(line, of, "\t")
                set = of[1]
                if (set in n) {
                    printf "| %s | %s | %d | %d | %d | %d | %d | %d |\n", set, of[2], n[set], sum[set, 4], sum[set, 5], sum[set, 6], sum[set, 7], out[set]
                } else if (asked == "") {
                    printf "| %s | %s | not there | | | | | |\n", set, of[2]
                }
            }
            printf "| **all** | | %d | %d | %d | %d | %d | %d |\n", total, all[4], all[5], all[6], all[7], every
        }'
}

table="$build/conformance.md"
{
    echo "# Conformance"
    echo
    echo "Written by \`make conformance\`. Each case of a set is compared with its expectation, as often as several parts of the program"
    echo "have something to say about it: one row for each. A known difference stands with its reason in"
    echo "\`tests/conformance/known-differences.toml\`, a new one fails the run, a false accept can never be listed."
    echo "\`make conformance CORPORA=/some/where SET=dss\` runs one set of any folder of the same shape."
    echo
    summary
    echo
    echo "Row by row:"
    echo
    echo "| row | cases | agree | known differences | new |"
    echo "|---|---|---|---|---|"
    echo "$rows" | sed -E 's/^\| [^|]*\| /| /' | sort
    if [ -n "$left" ]; then
        echo
        echo "Left out are cases that need what is not supported on purpose, whose expectation isn't in the set, or is about something"
        echo "else than the row:"
        echo
        echo "| row | cases | reason |"
        echo "|---|---|---|"
        echo "$left" | sed -E 's/^\| [^|]*\| /| /' | sort
    fi
    if [ -n "$classes" ]; then
        echo
        echo "Real PDF files by class: each is signed (the original stays a prefix, other readers see nothing new to complain about, the page count"
        echo "stays, the signature verifies in a new process) or refused with a reason."
        echo
        echo "| class | files | signed | refused, with the reason |"
        echo "|---|---|---|---|"
        echo "$classes"
    fi
    if [ -n "$judged" ]; then
        echo
        echo "Paths of these sets and of random graphs of certificates as certval 0.2.0-rc.1 and OpenSSL judge them, with the same"
        echo "settings. A disagreement that no rule explains fails the run."
        echo
        echo "| paths | all accept | all refuse | disagreements, each explained |"
        echo "|---|---|---|---|"
        echo "$judged"
        echo
        echo "| paths | the rule that explains a disagreement | times |"
        echo "|---|---|---|"
        told 'differential rule' "$differential"
    fi
} >"$table"
echo
summary
echo
if [ -n "$HSIGN_SETS${OTHER_CORPORA:-}$absent" ]; then
    echo "the whole table is in $table; docs/reference/conformance.md tells of all sets of the usual corpora and stays as it is"
elif ! cmp -s "$table" docs/reference/conformance.md; then
    if [ "${CI:-}" = true ]; then
        echo "remark: docs/reference/conformance.md is not what this run gave; make conformance writes it" >&2
    else
        mkdir -p docs/reference
        cp "$table" docs/reference/conformance.md
        echo "docs/reference/conformance.md written"
    fi
fi
passed=$(echo "$rows" | wc -l)
echo "time: $((compared - began)) s for the sets, $(($(date +%s) - compared)) s for paths beside certval and OpenSSL, builds included"
echo "conformance: $passed passed, 0 failed"
