#!/bin/sh
# The corpora, set by set: runs every test named conformance_* and writes the table docs/reference/conformance.md.
# The folder of corpora is HSIGN_CORPORA, or ../shared/corpora beside the checkout.
set -eu
cd "$(dirname "$0")/../.."
log="${CARGO_TARGET_DIR:-target}/conformance.log"
mkdir -p "$(dirname "$log")"

began=$(date +%s)
status=0
cargo test --profile ci --workspace --lib --tests -- conformance_ --nocapture --test-threads=1 >"$log" 2>&1 || status=$?
grep -oE '(conformance( class| left)? \|.*|skipped: .*|test result: FAILED.*|.*panicked at.*)' "$log" || true
if [ "$status" != 0 ]; then
    cat "$log" >&2
    exit "$status"
fi

compared=$(date +%s)
# Paths judged by certval and OpenSSL too: a workspace of its own, since certval brings what nothing shipped should see.
differential="${CARGO_TARGET_DIR:-target}/differential.log"
cargo test --manifest-path tests/differential/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}/differential" \
    -- --nocapture --test-threads=1 >"$differential" 2>&1 || { cat "$differential" >&2; exit 1; }
judged=$(grep -oE 'differential \|.*' "$differential" | sed 's/^differential //' | sort)
echo "$judged"

# Without capturing, a test's first line stands behind its name.
rows=$(grep -oE 'conformance \|.*' "$log" | sed 's/^conformance //' | sort)
if [ -z "$rows" ]; then
    echo "no set was compared" >&2
    [ "${REQUIRE_ALL:-}" = 1 ] && exit 1
    exit 0
fi
table="${CARGO_TARGET_DIR:-target}/conformance.md"
{
    echo "# Conformance"
    echo
    echo "Written by \`make conformance\`. Each case of a set is compared with its expectation; a known difference stands with its"
    echo "reason in \`tests/conformance/known-differences.toml\`, a new one fails the run, a false accept can never be listed."
    echo
    echo "| set | cases | agree | known differences | new |"
    echo "|---|---|---|---|---|"
    echo "$rows"
    left=$(grep -oE 'conformance left \|.*' "$log" | sed 's/^conformance left //' | sort || true)
    if [ -n "$left" ]; then
        echo
        echo "Cases that are not among these: what they need is not supported on purpose, isn't in the set, or their expectation is about"
        echo "something else than the row."
        echo
        echo "| set | cases | reason |"
        echo "|---|---|---|"
        echo "$left"
    fi
    classes=$(grep -oE 'conformance class \|.*' "$log" | sed 's/^conformance class //' | sort || true)
    if [ -n "$classes" ]; then
        echo
        echo "Real PDF files by class: each is signed (the original stays a prefix, other readers see nothing new to complain about, the page count"
        echo "stays, the signature verifies in a new process) or refused with a reason."
        echo
        echo "| class | files | signed | refused, with the reason |"
        echo "|---|---|---|---|"
        echo "$classes"
    fi
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
    grep -oE 'differential rule \|.*' "$differential" | sed 's/^differential rule //' | sort
} >"$table"
if ! cmp -s "$table" docs/reference/conformance.md; then
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
