#!/usr/bin/env bash
# Builds everything and runs every test. Prerequisite: the .NET 10 SDK, nothing else. Debian packages that tests use
# are installed where there is apt-get; tests that miss theirs are skipped and say so.
#
#   ./test.sh                         all test projects
#   ./test.sh Concord.House.Tests     only these
#   UPDATE_SURFACE=1 ./test.sh Concord.House.Tests     accepts a changed public surface
#
# The last line is "N passed, N failed" (and ", N skipped" if any were). The exit code is 0 only if every project
# was built, ran at least one test and failed none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# Debian packages that tests need, by name: networks are cut with ip, clocks moved with libfaketime, and the servers
# that Concord is compared with.
debian_packages=(iproute2 libfaketime etcd-server rabbitmq-server)
project_seconds_max=480
results=artifacts/test-results
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# Build servers that stay behind would hold the pipe of a caller open.
export MSBUILDDISABLENODEREUSE=1

colour=()
if [[ ! -t 1 || "${CI:-}" == "true" || -n "${NO_COLOR:-}" ]]; then
    colour=(-noColor)
    export NO_COLOR=1 MSBUILDTERMINALLOGGER=off
fi

passed=0 failed=0 skipped=0

finish() {
    local line="$passed passed, $failed failed"
    if ((skipped > 0)); then line+=", $skipped skipped"; fi
    echo "$line"
    exit "$((failed > 0 ? 1 : 0))"
}

# Something that is not a test went wrong: it counts as one failure, so that the last line never looks green.
broken() {
    echo "FAILED: $1" >&2
    failed=$((failed + 1))
}

install_debian_packages() {
    if ((${#debian_packages[@]} == 0)) || ! command -v apt-get >/dev/null; then return 0; fi
    local missing=() package
    for package in "${debian_packages[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    if ((${#missing[@]} == 0)); then return 0; fi
    local root=()
    if [[ $EUID -ne 0 ]]; then root=(sudo); fi
    ${root[@]+"${root[@]}"} apt-get update -q && ${root[@]+"${root[@]}"} apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# Prints attribute $2 of the <assembly> element in the xUnit result file $1, 0 if it is not there.
count_of() {
    local value
    value=$(sed -n 's/.*<assembly \([^>]*\)>.*/ \1/p' "$1" | sed -n "s/.* $2=\"\([0-9]*\)\".*/\1/p" | head -n 1)
    echo "${value:-0}"
}

run_project() {
    local project=$1 code=0 started=$SECONDS
    local dll="artifacts/bin/$project/release/$project.dll" xml="$results/$project.xml" log="$results/$project.log"
    if [[ ! -f "$dll" ]]; then
        broken "$project: $dll was not built."
        return 0
    fi

    local limit=()
    if command -v timeout >/dev/null; then limit=(timeout --kill-after=10 "$project_seconds_max"); fi
    ${limit[@]+"${limit[@]}"} dotnet "$dll" -noLogo ${colour[@]+"${colour[@]}"} -xml "$xml" >"$log" 2>&1 || code=$?

    local total=0 bad=0 errors=0 left_out=0
    if [[ -s "$xml" ]]; then
        total=$(count_of "$xml" total) bad=$(count_of "$xml" failed)
        errors=$(count_of "$xml" errors) left_out=$(count_of "$xml" skipped)
    fi

    local good=$((total - bad - left_out - $(count_of_not_run "$xml")))
    passed=$((passed + good)) failed=$((failed + bad + errors)) skipped=$((skipped + left_out))
    if ((bad + errors > 0 || code != 0)); then cat "$log"; fi
    printf '%-28s %5d passed %4d failed %4d s\n' "$project" "$good" "$((bad + errors))" "$((SECONDS - started))"
    if ((code == 124 || code == 137)); then
        broken "$project: not done after $project_seconds_max s, or killed; above is what it printed."
    elif ((code != 0 && bad + errors == 0)); then
        broken "$project: ended with exit code $code without a failed test; above is what it printed."
    elif ((total == 0)); then
        broken "$project: ran no test."
    fi
}

count_of_not_run() {
    if [[ -s "$1" ]]; then count_of "$1" not-run; else echo 0; fi
}

if ! command -v dotnet >/dev/null; then
    broken "The .NET 10 SDK is not on the PATH: https://dotnet.microsoft.com/download/dotnet/10.0"
    finish
fi

if ! install_debian_packages; then
    broken "Could not install the Debian packages that tests need: ${debian_packages[*]}"
    finish
fi

rm -rf "$results"
mkdir -p "$results"

# Not in locked mode: the SDK adds a package of its own patch version, so that another SDK would be refused.
# The versions are exact all the same, and a substituted one (NU1603) is an error.
if ! dotnet restore Concord.slnx --verbosity quiet; then
    broken "The packages could not be restored; above is what NuGet says."
    finish
fi

if ! dotnet build Concord.slnx -c Release --no-restore --verbosity quiet -nologo -clp:NoSummary; then
    broken "The build failed; above is what the compiler says."
    finish
fi

projects=("$@")
if ((${#projects[@]} == 0)); then
    for file in test/*/*.Tests.csproj test/*/*.Conformance.csproj; do
        projects+=("$(basename "$file" .csproj)")
    done
fi

# One after the other: tests that start processes measure time, and two cores are all there may be.
for project in "${projects[@]}"; do
    run_project "$project"
done

finish
