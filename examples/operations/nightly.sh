#!/usr/bin/env bash
# One run: its log is kept, its summary goes to standard output, and the exit code is Meltano's.
#
#   nightly.sh [OPTIONS OF `meltano run`]
#
# WIX_PROJECT  the Meltano project; default: two folders above this file
# WIX_RUN      what to run; default: the job of the project
# WIX_LOGS     where logs are kept; default: output/logs in the project
# MELTANO      the command; default: that of `make install`
#
# Ends with 75 and runs nothing while another run of the same project is under way: two must not write to one database.
# Only the owner can read what it writes: logs, database and temporary files may hold personal data.
set -euo pipefail
umask 077

cd "${WIX_PROJECT:-$(dirname "$0")/../..}"
meltano=${MELTANO:-.venv-meltano/bin/meltano}
logs=${WIX_LOGS:-output/logs}
mkdir -p "$logs" output

exec 9>"$logs/lock"
if ! flock --nonblock 9; then
    echo "Another run is under way: it holds $logs/lock" >&2
    exit 75
fi

# Meltano keeps the settings of a plugin, the key among them, in a file, which stays there when it is killed; loaders
# leave temporary files behind when they fail.
tidy() {
    find "${MELTANO_SYS_DIR_ROOT:-.meltano}/run" -name '*.config.json' -delete 2>/dev/null || true
    [ -z "${temporary:-}" ] || rm -rf "$temporary"
}
trap tidy EXIT
tidy
temporary=$(mktemp -d)

log=$logs/$(date -u +%Y-%m-%dT%H%M%SZ)-$$.log
code=0
# shellcheck disable=SC2086  # a job, or a tap and a target
TMPDIR=$temporary NO_COLOR=1 "$meltano" run "$@" ${WIX_RUN:-wix-to-duckdb} >"$log" 2>&1 9>&- || code=$?

# No line: the run did not begin, or was killed. The end of the log says why.
grep -o 'SUMMARY: {.*}$' "$log" | tail -n 1 | cut -c 10- || true
if [ "$code" -ne 0 ]; then
    echo "The run failed with $code; its log is $log" >&2
    # A target measures each of its streams behind the tap's last words.
    grep -v ' METRIC: {' "$log" | tail -n 20 >&2 || true
fi
exit "$code"
