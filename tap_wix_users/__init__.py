"""Singer tap for the users, roles, invites and assignments of Wix accounts."""
