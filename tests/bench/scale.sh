#!/bin/sh
# The archive with a million files, and the batches of a billion documents. SCALE=n divides the counts by n; SCALE_FOLDER is
# where the files are made (3 GB).
set -eu
cd "$(dirname "$0")/../.."

if [ -z "${HSIGN_BENCH_BIN:-}" ]; then
    cargo build --quiet --release -p hsign-testkit -p hsign-tests-bench --bin hsign-testkit --bin hsign-bench
    HSIGN_BENCH_BIN="${CARGO_TARGET_DIR:-target}/release"
fi
export HSIGN_BENCH_BIN PYTHONDONTWRITEBYTECODE=1
exec python3 tests/bench/scale.py
