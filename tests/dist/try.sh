#!/bin/sh
# Tries what `make dist` made in root folders that hold nothing else (as root): the package on a minimal Debian, the
# archive's program with the libraries that it names and no others. In both the demonstration runs, and what it signed is
# verified again.
set -eu
cd "$(dirname "$0")/../.."
root="$(realpath -m "${CARGO_TARGET_DIR:-target}")/dist/root"
[ "$(id -u)" = 0 ] || { echo "needs root (chroot)" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "missing: debootstrap" >&2; exit 1; }

trap 'umount "$root/debian/proc" "$root/bare/proc" 2>/dev/null || true' EXIT

# demonstrate ROOT PROGRAM
demonstrate() {
    rm -rf "$1/play"
    mkdir -p "$1/proc"
    mount -t proc proc "$1/proc" # the demonstration calls itself
    chroot "$1" "$2" --version
    chroot "$1" "$2" demo /play --lang en >"$1/demo.log" 2>&1 || { cat "$1/demo.log" >&2; exit 1; }
    grep -c '^VALID' "$1/demo.log" | sed 's/$/ times VALID in the demonstration/'
    chroot "$1" "$2" verify /play/dispensed-prescription.signed.pdf --trust /play/trust.toml \
        --document-class dispensed-prescription --lang en | head -3
    ! chroot "$1" "$2" verify /play/tampered.pdf --trust /play/trust.toml --lang en >/dev/null 2>&1
    umount "$1/proc"
}

echo "== the package on a minimal Debian"
suite="$(. /etc/os-release && echo "$VERSION_CODENAME")"
if [ ! -e "$root/debian.tar" ]; then
    mkdir -p "$root"
    rm -rf "$root/making"
    debootstrap --variant=minbase "$suite" "$root/making" >"$root/debootstrap.log" 2>&1 || { cat "$root/debootstrap.log" >&2; exit 1; }
    tar -C "$root/making" -cf "$root/debian.tar" .
    rm -rf "$root/making"
fi
rm -rf "$root/debian"
mkdir -p "$root/debian"
tar -C "$root/debian" -xf "$root/debian.tar"
cp dist/*.deb "$root/debian/hsign.deb"
chroot "$root/debian" dpkg-deb --field /hsign.deb Package Version Depends
chroot "$root/debian" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /hsign.deb \
    >"$root/install.log" 2>&1 || { cat "$root/install.log" >&2; exit 1; }
chroot "$root/debian" test -e /usr/share/man/man1/hsign-verify.1.gz -a -e /usr/share/doc/hsign/copyright
demonstrate "$root/debian" /usr/bin/hsign
chroot "$root/debian" apt-get purge -y hsign >>"$root/install.log" 2>&1
chroot "$root/debian" test ! -e /usr/bin/hsign

echo "== the archive's program with nothing but the libraries that it names"
rm -rf "$root/bare"
mkdir -p "$root/bare/tmp" "$root/bare/dev"
mknod -m 666 "$root/bare/dev/null" c 1 3
tar -C "$root/bare" -xzf dist/*.tar.gz --strip-components=1
ldd "$root/bare/hsign"
ldd "$root/bare/hsign" | grep -oE '/[^ ]+' | while read -r library; do
    mkdir -p "$root/bare$(dirname "$library")"
    cp -L "$library" "$root/bare$library"
done
demonstrate "$root/bare" /hsign
rm -rf "$root/debian" "$root/bare"
