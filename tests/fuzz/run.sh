#!/usr/bin/env bash
# Build each fuzzer of the compiled core under AddressSanitizer and UBSan, and run it for a while.
#
#   tests/fuzz/run.sh [SECONDS] [TARGET...]       such as: run.sh 60 numbers
#
# Each target gets SECONDS (30). It starts from the samples and from what it found before, which
# is kept in build/fuzz. Ends with 1 at the first crash, whose input is then named; 3 where no
# clang++ with libFuzzer is found.
set -eu

cd "$(dirname -- "$(readlink -f -- "$0")")/../.."
seconds="${1:-30}"
[ $# -eq 0 ] || shift
targets=("$@")
if [ $# -eq 0 ]; then
    for path in tests/fuzz/fuzz_*.cpp; do
        name="${path##*/fuzz_}"
        targets+=("${name%.cpp}")
    done
fi
place=build/fuzz
mkdir -p "$place"

compile() {
    clang++ -std=c++17 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -Wall -Wextra -Wconversion -Werror -I src/loss_monitor/_native/cpp "$@"
}

probe='extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'
if ! compile -x c++ - -o "$place/probe" <<<"$probe" 2>/dev/null; then
    echo "No clang++ with libFuzzer; on Debian: apt-get install clang" >&2
    exit 3
fi
for target in "${targets[@]}"; do
    echo "fuzz_$target for $seconds s"
    compile "tests/fuzz/fuzz_$target.cpp" -o "$place/$target"
    mkdir -p "$place/corpus_$target"
    words=()
    [ ! -f "tests/fuzz/$target.dict" ] || words=("-dict=tests/fuzz/$target.dict")
    "$place/$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="$place/crash_${target}_" -print_final_stats=1 "${words[@]}" \
        "$place/corpus_$target" tests/samples >"$place/$target.log" 2>&1 || {
        sed -n '/ERROR:/,$p' "$place/$target.log" | head -n 30
        tail -n 3 "$place/$target.log"
        exit 1
    }
    grep -E "number_of_executed_units|cov:" "$place/$target.log" | tail -n 2
done
