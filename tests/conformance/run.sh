#!/bin/sh
# The corpora, set by set: runs every test named conformance_* and writes the table docs/reference/conformance.md.
# The folder of corpora is HSIGN_CORPORA, or ../shared/corpora beside the checkout.
set -eu
cd "$(dirname "$0")/../.."
log="${CARGO_TARGET_DIR:-target}/conformance.log"
mkdir -p "$(dirname "$log")"

status=0
cargo test --profile ci --workspace --lib --tests -- conformance_ --nocapture --test-threads=1 >"$log" 2>&1 || status=$?
grep -oE '(conformance( class)? \|.*|skipped: .*|test result: FAILED.*|.*panicked at.*)' "$log" || true
if [ "$status" != 0 ]; then
    cat "$log" >&2
    exit "$status"
fi

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
echo "conformance: $passed passed, 0 failed"
