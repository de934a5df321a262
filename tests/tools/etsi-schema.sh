#!/bin/sh
# The XML Schema of ETSI TS 119 102-2 with those it imports, as the DSS project publishes them on Maven Central, made to
# find each other without a network. Prints their folder; fetched once into the build folder, never part of this project.
set -eu
cd "$(dirname "$0")/../.."

version=6.1
group=eu.europa.ec.joinup.sd-dss
folder="${CARGO_TARGET_DIR:-target}/tools/etsi-schema-$version"
if [ ! -f "$folder/TS119102-2-v141.xsd" ]; then
    work="$folder.$$"
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/jar"
    for artifact in specs-validation-report specs-xades specs-xmldsig specs-trusted-list; do
        mvn --quiet --batch-mode org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
            -Dartifact="$group:$artifact:$version" -DoutputDirectory="$work/jar" >&2
        python3 -m zipfile -e "$work/jar/$artifact-$version.jar" "$work/$artifact"
        cp "$work/$artifact"/xsd/*.xsd "$work"
        rm -rf "${work:?}/$artifact"
    done
    rm -rf "$work/jar"
    for schema in "$work"/*.xsd; do
        sed -E -e 's#schemaLocation="http[^"]*/XAdES.xsd"#schemaLocation="XAdES01903v132-201601.xsd"#' \
            -e 's#schemaLocation="http[^"]*/([^"/]*\.xsd)"#schemaLocation="\1"#' "$schema" > "$schema.new"
        mv "$schema.new" "$schema"
    done
    mkdir -p "$(dirname "$folder")"
    # Somebody else may have finished first; theirs is the same.
    mv "$work" "$folder" 2>/dev/null || true
fi
cd "$folder" && pwd
