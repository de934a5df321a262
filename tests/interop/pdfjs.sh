#!/bin/sh
# pdf.js from the npm registry, in the version and with the content named here. Prints its folder; nothing if it, or the
# browser, isn't there.
set -eu
cd "$(dirname "$0")/../.."

package=pdfjs-dist@6.5.438
integrity=vg8Pw1x+AFKy4AMDvhuWl5cOYV8d698UoEANoFFhc79hqXDnZQqnOXoxw3HG907WHOg1JYOvLhP756boddFxpA==
folder="${CARGO_TARGET_DIR:-target}/interop/pdfjs"
command -v chromium >/dev/null 2>&1 || { echo "chromium is missing; the rows of pdf.js are skipped" >&2; exit; }
if [ "$(cat "$folder/installed" 2>/dev/null)" != "$package" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    if { cd "$folder" && npm pack --silent "$package" >/dev/null \
        && [ "$(openssl dgst -sha512 -binary ./*.tgz | openssl base64 -A)" = "$integrity" ] \
        && tar xzf ./*.tgz package/legacy/build/pdf.min.mjs package/legacy/build/pdf.worker.min.mjs package/package.json \
            package/cmaps package/standard_fonts package/wasm package/iccs; } >&2
    then rm -f ./*.tgz && echo "$package" > installed && cd - >/dev/null
    else echo "pdf.js could not be installed; its rows are skipped" >&2; exit
    fi
fi
cd "$folder/package" && pwd
