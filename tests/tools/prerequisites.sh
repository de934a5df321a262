#!/bin/sh
# Installs what a Debian machine lacks, or names it. Needed to build: a C compiler, OpenSSL's headers, Rust.
# Used by tests where present: SoftHSM2, the OpenSSL command, qpdf, poppler's and MuPDF's commands, Python, a Japanese
# font, Chromium (reports as people see them), xmllint and Maven (the schema of ETSI's report), a JDK (EU DSS),
# npm (pdf.js), tmux (the screen of `hsign watch`), xmlsec1 (speed),
# PostgreSQL (the archive's index; started by the tests, the system's own server isn't used).
set -eu

build_packages="build-essential pkg-config libssl-dev"
test_packages="softhsm2 openssl qpdf poppler-utils python3-venv fonts-ipaexfont-gothic chromium libxml2-utils maven \
mupdf-tools default-jdk-headless npm tmux curl xmlsec1 postgresql"

missing=""
have() { command -v "$1" >/dev/null 2>&1; }
{ have cc && have c++; } || missing="$missing build-essential"
have pkg-config || missing="$missing pkg-config"
{ have pkg-config && pkg-config --exists openssl; } || missing="$missing libssl-dev"
have softhsm2-util || missing="$missing softhsm2"
have openssl || missing="$missing openssl"
have qpdf || missing="$missing qpdf"
have pdfsig || missing="$missing poppler-utils"
have mutool || missing="$missing mupdf-tools"
[ -e /usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf ] || missing="$missing fonts-ipaexfont-gothic"
have chromium || missing="$missing chromium"
have xmllint || missing="$missing libxml2-utils"
have mvn || missing="$missing maven"
have javac || missing="$missing default-jdk-headless"
have npm || missing="$missing npm"
have tmux || missing="$missing tmux"
have curl || missing="$missing curl"
have xmlsec1 || missing="$missing xmlsec1"
{ have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; } || missing="$missing postgresql"
{ have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null; } || missing="$missing python3-venv"

if [ -n "$missing" ]; then
    if have apt-get && [ "$(id -u)" = 0 ]; then
        echo "installing:$missing" >&2
        log=$(mktemp)
        if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1
        then rm -f "$log"
        else cat "$log" >&2; exit 1
        fi
    else
        echo "missing:$missing" >&2
        echo "hint: on Debian, as root: apt-get install $build_packages $test_packages" >&2
        { have cc && have pkg-config && pkg-config --exists openssl; } || exit 1
        if [ "${REQUIRE_ALL:-}" = 1 ]; then exit 1; fi
    fi
fi

if ! have cargo; then
    echo "missing: Rust 1.95 or newer" >&2
    echo "hint: https://www.rust-lang.org/tools/install" >&2
    exit 1
fi
