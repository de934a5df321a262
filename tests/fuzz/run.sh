#!/bin/sh
# Hostile input for every parser: SECONDS=n for each (10), or the targets named as arguments, as many at a time as there
# are processors (JOBS=n). What breaks a parser is left in $CARGO_TARGET_DIR/fuzz/TARGET.
# SEED=n: from the seeds alone, in an order that is the same each time; otherwise chance goes on from what earlier runs
# found. SMOKE=1: built quickly rather than well, for seconds of running; SEED=1 if nothing else is asked for.
set -eu
cd "$(dirname "$0")/../.."

seconds="$(printenv SECONDS || echo 10)"
folder="$(mkdir -p "${CARGO_TARGET_DIR:-target}/fuzz" && cd "${CARGO_TARGET_DIR:-target}/fuzz" && pwd)"
jobs="${JOBS:-$(nproc)}"
profile=release
[ "${SMOKE:-}" != 1 ] || { profile=smoke; SEED="${SEED:-1}"; }
host="$(rustc -vV | sed -n 's/^host: //p')"

# Coverage counters in our code and its Rust dependencies; --target keeps them out of build scripts.
passes="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-pc-table"
passes="$passes -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS="$passes --cfg fuzzing" \
    cargo build --quiet --profile "$profile" --manifest-path tests/fuzz/Cargo.toml --target "$host" --target-dir "$folder/build"
program="$folder/build/$host/$profile/hsign-fuzz"

rm -rf "$folder/seeds"
FUZZ_SEEDS="$folder/seeds" "$program" 2>"$folder/seeds.log" || { cat "$folder/seeds.log" >&2; exit 1; }

one() {
    corpus="$folder/$1/corpus${SEED:+-of-seed}"
    [ -z "${SEED:-}" ] || rm -rf "$corpus"
    mkdir -p "$corpus"
    log="$folder/$1/log"
    if FUZZ_TARGET="$1" "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -seed="${SEED:-0}" -artifact_prefix="$folder/$1/" "$corpus" "$folder/seeds/$1" >"$log" 2>&1
    then result=ok
    else result=BROKEN
    fi
    runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    covered="$(grep -o 'cov: [0-9]*' "$log" | tail -1)"
    printf '%-15s %-7s %9s inputs, %s\n' "$1" "$result" "${runs:-0}" "${covered:-nothing covered}"
    if [ "$result" != ok ] || [ "${runs:-0}" -eq 0 ]; then echo "$1" >>"$folder/broken"; fi
}

rm -f "$folder/broken"
begun=0
for target in ${*:-certificate crl ocsp cms token evidence-record pdf append extend changes registry algorithms policy bundle hcrole qualification seal scan statement path xml c14n asic archive-bundle archive-trail xades eprescription}; do
    one "$target" &
    begun=$((begun + 1))
    [ $((begun % jobs)) -ne 0 ] || wait
done
wait
if [ -e "$folder/broken" ]; then
    echo "broken: $(sort "$folder/broken" | tr '\n' ' ')(inputs and logs in $folder)" >&2
    exit 1
fi
