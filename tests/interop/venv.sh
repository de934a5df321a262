#!/bin/sh
# pyHanko and what it needs, in versions that don't change under us. Prints the Python to use: the plain one if it
# could not be installed.
set -eu
cd "$(dirname "$0")/../.."

venv="${CARGO_TARGET_DIR:-target}/interop/venv"
wanted="$(cksum < tests/interop/requirements.txt)"
if [ "$(cat "$venv/installed" 2>/dev/null)" != "$wanted" ]; then
    if { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/interop/requirements.txt; } >&2
    then echo "$wanted" > "$venv/installed"
    else echo "pyHanko could not be installed; its rows are skipped" >&2
    fi
fi
if [ -x "$venv/bin/python" ]; then echo "$venv/bin/python"; else echo python3; fi
