#!/bin/sh
# Other implementations judge what we make, and we judge what they make; the table goes to docs/reference/interop.md.
# A judge that isn't installed is a skipped row, under REQUIRE_ALL=1 a failure.
set -eu
cd "$(dirname "$0")/../.."

bin="${HSIGN_BIN:-${CARGO_TARGET_DIR:-target}/ci}"
export HSIGN="${HSIGN:-$bin/hsign}" HSIGN_TESTKIT="${HSIGN_TESTKIT:-$bin/hsign-testkit}"
for program in "$HSIGN" "$HSIGN_TESTKIT"; do
    if [ ! -x "$program" ]; then
        echo "$program is missing; make build makes it" >&2
        exit 1
    fi
done

# pyHanko and what it needs, in versions that don't change under us.
venv="${CARGO_TARGET_DIR:-target}/interop/venv"
wanted="$(cksum < tests/interop/requirements.txt)"
if [ "$(cat "$venv/installed" 2>/dev/null)" != "$wanted" ]; then
    if python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/interop/requirements.txt
    then echo "$wanted" > "$venv/installed"
    else echo "pyHanko could not be installed; its rows are skipped" >&2
    fi
fi
python="$venv/bin/python"
[ -x "$python" ] || python=python3
export PYTHONDONTWRITEBYTECODE=1
exec "$python" tests/interop/run.py "$@"
