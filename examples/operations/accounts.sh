#!/usr/bin/env bash
# One run per account, one after another, each with a state of its own.
#
#   accounts.sh FILE
#
# FILE has an account id in each line, and comments behind a `#`, with line ends of any kind. The key is the one of the environment or of `.env`: it has to reach them all.
# Ends with 1 when any run failed; the others are run all the same.
set -euo pipefail
umask 077

here=$(cd "$(dirname "$0")" && pwd)
failed=0
while IFS= read -r line || [ -n "$line" ]; do
    account=${line#$'\xef\xbb\xbf'}
    account=${account%%#*}
    account=${account//[[:space:]]/}
    [ -n "$account" ] || continue
    # The suffix is a part of the state's name: no run reads or writes the state of another account.
    TAP_WIX_USERS_ACCOUNT_ID=$account TAP_WIX_USERS_INCLUDE_CHILD_ACCOUNTS=false \
        "$here/nightly.sh" --state-id-suffix="$account" </dev/null || failed=1
done <"$1"
exit "$failed"
