#!/bin/sh
# cargo-tool.sh NAME VERSION: prints the path of a cargo tool, installing it into the build folder the first time.
# Tools run for seconds, so they are built quickly rather than well.
set -eu
folder="$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools/$1-$2"
if [ ! -x "$folder/bin/$1" ]; then
    echo "installing $1 $2" >&2
    CARGO_TARGET_DIR="$folder/build" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
        cargo install "$1" --version "$2" --locked --root "$folder" --quiet >&2
    rm -rf "$folder/build"
fi
echo "$folder/bin/$1"
