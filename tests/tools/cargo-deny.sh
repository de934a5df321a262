#!/bin/sh
# Runs cargo-deny at a pinned version, installing it into the build folder the first time.
set -eu
version=0.20.2
root="${CARGO_TARGET_DIR:-target}/tools"
if ! "$root/bin/cargo-deny" --version 2>/dev/null | grep -qx "cargo-deny $version"; then
    echo "installing cargo-deny $version" >&2
    CARGO_TARGET_DIR="$root/build" cargo install cargo-deny --version "$version" --locked --root "$root" --quiet
    rm -rf "$root/build"
fi
# Licences of all platforms' crates are looked at, and those of others than this one were not built.
cargo fetch --locked --quiet
exec "$root/bin/cargo-deny" --offline "$@"
