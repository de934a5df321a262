#!/bin/sh
# Mutation testing of the judging crates. SEED=n chooses the sample, COUNT=n its size, ONLY=text mutants by name;
# AGAIN=1 judges only what earlier runs didn't catch; KEEP=1 writes the result and docs/reference/mutation.md.
set -eu
cd "$(dirname "$0")/../.."
mutants="$(sh tests/tools/cargo-tool.sh cargo-mutants 27.1.0)"
export PYTHONDONTWRITEBYTECODE=1
exec python3 tests/mutation/run.py "$mutants" --seed "${SEED:-1}" --count "${COUNT:-300}" --only "${ONLY:-}" ${AGAIN:+--again} ${KEEP:+--keep}
