#!/bin/sh
# Runs cargo-deny at a pinned version.
set -eu
deny="$(sh "$(dirname "$0")/cargo-tool.sh" cargo-deny 0.20.2)"
# Licences of all platforms' crates are looked at, and those of others than this one were not built.
cargo fetch --locked --quiet
exec "$deny" --offline "$@"
