"""Singer tap for the users, roles, invites and assignments of Wix accounts."""

from tap_wix_users.later import later, never

# The SDK imports its targets and its other kinds of taps, and for them joblib and requests: a fifth of each start.
later("singer_sdk", "singer_sdk.streams")
# The command line of httpx, and for it rich.
never("httpx._main")
