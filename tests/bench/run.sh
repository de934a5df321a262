#!/bin/sh
# Our speed beside the physical limit and beside our peers, in the profile that is shipped. ROUNDS=n turns per row.
# SMOKE=1: each row once, smaller, in the profile of the tests; tells whether everything can be measured, and no speed.
set -eu
cd "$(dirname "$0")/../.."

if [ "${SMOKE:-}" = 1 ]; then profile=ci; else profile=release; fi
cargo build --quiet --profile "$profile" -p hsign-cli -p hsign-testkit -p hsign-tests-bench --bin hsign --bin hsign-testkit --bin hsign-bench
HSIGN_BENCH_BIN="${CARGO_TARGET_DIR:-target}/$profile"
python="$(sh tests/interop/venv.sh)"
export HSIGN_BENCH_BIN PYTHONDONTWRITEBYTECODE=1
exec "$python" tests/bench/run.py "$@"
