#!/usr/bin/env bash
# What groups cost that have nothing to do: three nodes with GROUPS groups each, and their processor time over SECONDS.
#
#   bench/idle-groups.sh [GROUPS] [SECONDS]      default 1000 and 20
#
# Prints, for each node, the share of one processor. The first ten seconds, in which leaders are elected, do not count.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
groups=${1:-1000} seconds=${2:-20}
folder=$(mktemp -d)
cli=artifacts/bin/Concord.Cli/release/Concord.Cli.dll
[[ -f $cli ]] || dotnet build -c Release src/Concord.Cli
members=127.0.0.1:7601,127.0.0.1:7602,127.0.0.1:7603
pids=()
finish() {
    kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
for i in 1 2 3; do
    dotnet "$cli" serve --node-address "127.0.0.1:760$i" --members "$members" --data "$folder/$i" \
        --shards "$groups" >"$folder/$i.log" 2>&1 &
    pids+=($!)
done
sleep 15

# Processor time of a process so far, in clock ticks.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
before=()
for pid in "${pids[@]}"; do before+=("$(ticks "$pid")"); done
sleep "$seconds"
hz=$(getconf CLK_TCK)
for i in 0 1 2; do
    after=$(ticks "${pids[$i]}")
    awk -v t=$((after - before[i])) -v hz="$hz" -v s="$seconds" -v n=$((i + 1)) -v g="$groups" \
        'BEGIN { printf "node %d, %d idle groups: %.1f %% of one processor\n", n, g, 100 * t / hz / s }'
done
