#!/bin/sh
# Adds the peers that only the speed is measured of to pyHanko's. Prints the Python to use.
set -eu
cd "$(dirname "$0")/../.."

python="$(sh tests/interop/venv.sh)"
marker="$(dirname "$python")/../bench-installed"
wanted="$(cat tests/interop/requirements.txt tests/bench/requirements.txt | cksum)"
case "$python" in
    */*)
        if [ "$(cat "$marker" 2>/dev/null)" != "$wanted" ]; then
            if "$python" -m pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt >&2
            then echo "$wanted" > "$marker"
            else echo "signxml and rfc3161-client could not be installed; their rows are skipped" >&2
            fi
        fi
esac
echo "$python"
