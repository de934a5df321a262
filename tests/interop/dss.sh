#!/bin/sh
# EU DSS from Maven Central, in the versions that dss/pom.xml names, with what asks it. Prints the class path; nothing if
# it could not be installed.
set -eu
cd "$(dirname "$0")/../.."

folder="${CARGO_TARGET_DIR:-target}/interop/dss"
wanted="$(cat tests/interop/dss/pom.xml tests/interop/dss/*.java | cksum)"
if [ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$folder"
    mkdir -p "$folder/classes"
    folder="$(cd "$folder" && pwd)"
    if { mvn --quiet --batch-mode --file tests/interop/dss/pom.xml \
            org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$folder/lib" \
        && javac -Xlint:all,-path -Werror -cp "$folder/lib/*" -d "$folder/classes" tests/interop/dss/*.java; } >&2
    then echo "$wanted" > "$folder/installed"
    else echo "EU DSS could not be installed; its rows are skipped" >&2; exit
    fi
fi
folder="$(cd "$folder" && pwd)"
echo "$folder/classes:$folder/lib/*"
