#!/bin/sh
# The release, from the committed sources, into dist/: a Debian package that uses the system's OpenSSL, an archive whose
# program carries its own, a list of materials (CycloneDX) for either, and their digests.
# VERIFY=1: all is made once more in another folder, and must be the same, octet by octet.
# TRY=1: both are tried in root folders that hold nothing else (as root; needs Debian's packages).
set -eu
cd "$(dirname "$0")/../.."
work="$(realpath -m "${CARGO_TARGET_DIR:-target}")/dist"
cargo_home="$(realpath "${CARGO_HOME:-$HOME/.cargo}")"

missing=""
for need in cc:build-essential pkg-config:pkg-config perl:perl dpkg-shlibdeps:dpkg-dev xz:xz-utils; do
    command -v "${need%%:*}" >/dev/null || missing="$missing ${need#*:}"
done
perl -MFindBin -MIPC::Cmd -e1 2>/dev/null || missing="$missing perl"
pkg-config --exists openssl 2>/dev/null || missing="$missing libssl-dev"
if [ -n "$missing" ]; then
    echo "missing:$missing" >&2
    echo "hint: on Debian, as root: apt-get install$missing" >&2
    exit 1
fi
[ -z "$(git status --porcelain --untracked-files=no)" ] || echo "changes that are not committed stay out" >&2

deb="$(sh tests/tools/cargo-tool.sh cargo-deb 3.8.0)"
cyclonedx="$(sh tests/tools/cargo-tool.sh cargo-cyclonedx 0.5.9)"
target="$(rustc -vV | sed -n 's/^host: //p')"
version="$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys
print(next(p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "hsign-cli"))')"
maintainer="$(git log -1 --format='%an <%ae>')"
unset CARGO_BUILD_RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_INCREMENTAL
export SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" LC_ALL=C.UTF-8 TZ=UTC
umask 022

# make_in FOLDER: sources, both programs and what is shipped of them, in that folder.
make_in() {
    rm -rf "$1/src" "$1/out"
    mkdir -p "$1/src" "$1/out"
    git archive HEAD | tar -xm -C "$1/src"
    export CARGO_TARGET_DIR="$1/target"
    # No path of this machine in the programs.
    export RUSTFLAGS="--remap-path-prefix=$1/src=/usr/src/hsign --remap-path-prefix=$1/target=/usr/src/hsign/target \
--remap-path-prefix=$cargo_home/registry/src=/usr/src/registry"
    # The folders from which OpenSSL would load modules: the system's, not one of this build.
    export GNUMAKEFLAGS="MODULESDIR=/usr/local/lib/ossl-modules ENGINESDIR=/usr/local/lib/engines-3"
    (
        cd "$1/src"
        cargo build --release --locked -p hsign-cli --features vendored-openssl
        cp "$1/target/release/hsign" "$1/self-contained"
        cargo build --release --locked -p hsign-cli
        materials "$1" hsign
        materials "$1" hsign-self-contained --features vendored-openssl
        documentation "$1"
        python3 tests/dist/notices.py "$1/out/"*.cdx.json >"$1/target/release/NOTICES"
        "$deb" --no-build --locked -p hsign-cli --maintainer "$maintainer" --output "$1/out/" --quiet
    )
    archive "$1"
}

# materials FOLDER NAME [FEATURES]: the crates in a program.
materials() {
    folder=$1 name=$2
    shift 2
    "$cyclonedx" cyclonedx --manifest-path crates/hsign-cli/Cargo.toml --format json --spec-version 1.5 --target "$target" \
        --describe crate "$@" --quiet
    sed "s#$folder/src#/usr/src/hsign#g" crates/hsign-cli/hsign-cli.cdx.json >"$folder/out/$name-$version.cdx.json"
    find crates tests -name '*.cdx.json' -delete
}

# What the package and the archive hold beside the program.
documentation() {
    program="$1/target/release/hsign"
    "$program" --lang en man "$1/target/release/man/man1"
    "$program" --lang ja man "$1/target/release/man/ja/man1"
    find "$1/target/release/man" -name '*.1' -exec gzip -n -9 -f {} +
    mkdir -p "$1/target/release/completions"
    "$program" completions bash >"$1/target/release/completions/hsign"
    "$program" completions zsh >"$1/target/release/completions/_hsign"
    "$program" completions fish >"$1/target/release/completions/hsign.fish"
}

archive() {
    name="hsign-$version-$target"
    mkdir -p "$1/$name/docs"
    cp "$1/self-contained" "$1/$name/hsign"
    cp -r "$1/target/release/man" "$1/target/release/completions" "$1/target/release/NOTICES" "$1/$name/"
    for file in README.md README.ja.md LICENSE-MIT LICENSE-APACHE CHANGELOG.md SECURITY.md; do cp "$1/src/$file" "$1/$name/"; done
    cp "$1/src/docs/guide.md" "$1/src/docs/guide.ja.md" "$1/$name/docs/"
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$1" -c "$name" |
        gzip -n -9 >"$1/out/$name.tar.gz"
    (cd "$1/out" && sha256sum ./*.deb ./*.tar.gz ./*.json | sed 's# \./# #' >SHA256SUMS)
}

make_in "$work/one"
rm -rf dist
cp -r "$work/one/out" dist
cat dist/SHA256SUMS

if [ "${VERIFY:-}" = 1 ]; then
    rm -rf "$work/another"
    make_in "$work/another/folder"
    diff -r "$work/one/out" "$work/another/folder/out"
    echo "made twice in different folders: the same, octet by octet"
fi
if [ "${TRY:-}" = 1 ]; then
    sh tests/dist/try.sh
fi
