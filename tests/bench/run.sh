#!/bin/sh
# Our speed beside the physical limit and beside our peers, in the profile that is shipped. ROUNDS=n turns per row,
# ROWS=name,name some groups of rows only (run.py has their names).
# SMOKE=1: each row once, smaller, in the profile of the tests; tells whether everything can be measured, and no speed.
set -eu
cd "$(dirname "$0")/../.."

# HSIGN_BENCH_BIN is a folder with programs that are built already.
if [ -n "${HSIGN_BENCH_BIN:-}" ]; then :
elif [ "${SMOKE:-}" = 1 ]; then
    # As `make build` does it: nothing is built twice.
    cargo build --quiet --profile ci --workspace --bins --lib
    HSIGN_BENCH_BIN="${CARGO_TARGET_DIR:-target}/ci"
else
    cargo build --quiet --release -p hsign-cli -p hsign-testkit -p hsign-tests-bench \
        --bin hsign --bin hsign-testkit --bin hsign-bench
    HSIGN_BENCH_BIN="${CARGO_TARGET_DIR:-target}/release"
fi
python="$(sh tests/bench/peers.sh)"
DSS_CLASS_PATH="$(sh tests/interop/dss.sh)"
DSS_VERSION="$(sed -n 's:.*<dss.version>\(.*\)</dss.version>.*:\1:p' tests/interop/dss/pom.xml)"
export HSIGN_BENCH_BIN DSS_CLASS_PATH DSS_VERSION PYTHONDONTWRITEBYTECODE=1
exec "$python" tests/bench/run.py
