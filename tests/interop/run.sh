#!/bin/sh
# Other implementations judge what we make, and we judge what they make; the table goes to docs/reference/interop.md.
# A judge that isn't installed is a skipped row, under REQUIRE_ALL=1 a failure.
set -eu
cd "$(dirname "$0")/../.."

bin="${HSIGN_BIN:-${CARGO_TARGET_DIR:-target}/ci}"
export HSIGN="${HSIGN:-$bin/hsign}" HSIGN_TESTKIT="${HSIGN_TESTKIT:-$bin/hsign-testkit}"
export EVIDENCE_RECORD="${EVIDENCE_RECORD:-$bin/evidence-record}"
export ARCHIVE_OF_YEARS="${ARCHIVE_OF_YEARS:-$bin/archive-of-years}"
for program in "$HSIGN" "$HSIGN_TESTKIT" "$EVIDENCE_RECORD" "$ARCHIVE_OF_YEARS"; do
    if [ ! -x "$program" ]; then
        echo "$program is missing; make build makes it" >&2
        exit 1
    fi
done

export INTEROP="${CARGO_TARGET_DIR:-target}/interop"
mkdir -p "$INTEROP"
python="$(sh tests/interop/venv.sh)"
DSS_CLASS_PATH="$(sh tests/interop/dss.sh)"
PDFJS="$(sh tests/interop/pdfjs.sh)"
export DSS_CLASS_PATH PDFJS
export PYTHONDONTWRITEBYTECODE=1
exec "$python" tests/interop/run.py "$@"
