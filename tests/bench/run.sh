#!/bin/sh
# Our speed beside the physical limit and beside pyHanko, in the profile that is shipped. ROUNDS=n turns per row.
set -eu
cd "$(dirname "$0")/../.."

cargo build --quiet --release -p hsign-cli -p hsign-testkit -p hsign-tests-bench --bin hsign --bin hsign-testkit --bin hsign-bench
HSIGN_BENCH_BIN="${CARGO_TARGET_DIR:-target}/release"
python="$(sh tests/interop/venv.sh)"
export HSIGN_BENCH_BIN PYTHONDONTWRITEBYTECODE=1
exec "$python" tests/bench/run.py "$@"
