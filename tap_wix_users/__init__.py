"""Singer tap for the users, roles, invites and assignments of Wix accounts."""

import gc

from tap_wix_users.later import later, never

# What is imported stays, and rows live as long as their page: collecting garbage after every 700 of either costs a
# tenth of each start.
gc.set_threshold(50_000, 20, 20)
# The SDK imports its targets and its other kinds of taps, and for them joblib and requests: a fifth of each start.
later("singer_sdk", "singer_sdk.streams")
# The command line of httpx, and for it rich.
never("httpx._main")
