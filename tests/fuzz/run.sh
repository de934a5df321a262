#!/bin/sh
# Hostile input for every parser: SECONDS=n for each (10), or the targets named as arguments. What breaks a parser is
# left in $CARGO_TARGET_DIR/fuzz/TARGET.
set -eu
cd "$(dirname "$0")/../.."

seconds="$(printenv SECONDS || echo 10)"
folder="$(mkdir -p "${CARGO_TARGET_DIR:-target}/fuzz" && cd "${CARGO_TARGET_DIR:-target}/fuzz" && pwd)"
host="$(rustc -vV | sed -n 's/^host: //p')"

# Coverage counters in our code and its Rust dependencies; --target keeps them out of build scripts.
passes="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-pc-table"
passes="$passes -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS="$passes --cfg fuzzing" \
    cargo build --quiet --release --manifest-path tests/fuzz/Cargo.toml --target "$host" --target-dir "$folder/build"
program="$folder/build/$host/release/hsign-fuzz"

rm -rf "$folder/seeds"
FUZZ_SEEDS="$folder/seeds" "$program" 2>"$folder/seeds.log" || { cat "$folder/seeds.log" >&2; exit 1; }

failed=""
for target in ${*:-certificate crl ocsp cms token evidence-record pdf append extend changes registry algorithms policy bundle hcrole qualification seal scan statement path xml c14n asic xades eprescription}; do
    mkdir -p "$folder/$target/corpus"
    log="$folder/$target/log"
    if FUZZ_TARGET="$target" "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$folder/$target/" "$folder/$target/corpus" "$folder/seeds/$target" >"$log" 2>&1
    then result=ok
    else result=BROKEN; failed="$failed $target"
    fi
    runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    covered="$(grep -o 'cov: [0-9]*' "$log" | tail -1)"
    printf '%-15s %-7s %9s inputs, %s\n' "$target" "$result" "${runs:-0}" "${covered:-nothing covered}"
    [ "${runs:-0}" -gt 0 ] || failed="$failed $target"
done
if [ -n "$failed" ]; then
    echo "broken:$failed (inputs and logs in $folder)" >&2
    exit 1
fi
