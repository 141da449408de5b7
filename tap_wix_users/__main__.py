"""The command `tap-wix-users`, also as `python -m tap_wix_users`."""

from __future__ import annotations

from tap_wix_users.garbage import collect_seldom


def main() -> None:
    """Run the command."""
    collect_seldom()
    from tap_wix_users.tap import TapWixUsers  # noqa: PLC0415  # the imports are most of what a start makes

    collect_seldom()
    TapWixUsers.cli()


if __name__ == "__main__":
    main()
