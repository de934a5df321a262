#!/bin/sh
# The archive with many files, and with the batches of a billion documents: see scale.py and docs/reference/scale.md.

set -eu
cd "$(dirname "$0")/../.."

if [ -z "${HSIGN_BENCH_BIN:-}" ]; then
    cargo build --quiet --release -p hsign-testkit -p hsign-tests-bench --bin hsign-testkit --bin hsign-bench --bin hsign-scale
    HSIGN_BENCH_BIN="${CARGO_TARGET_DIR:-target}/release"
fi
export HSIGN_BENCH_BIN PYTHONDONTWRITEBYTECODE=1
exec python3 tests/bench/scale.py
