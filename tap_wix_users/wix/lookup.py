"""The lookup of a host's name, within a time limit."""

from __future__ import annotations

import socket
import threading

import httpcore

from tap_wix_users.wix.fence import TooSlow


class NameTooSlow(TooSlow):
    """The lookup of a host's name takes too long.

    Attributes:
        host: The name.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(host)


def addresses(host: str, port: int, seconds: float | None) -> list[str]:
    """The addresses of a host, at least one, in the order of the operating system.

    The system's lookup has no time-out, so it runs in a thread, which is abandoned when the time is over.

    Raises:
        NameTooSlow: The lookup takes too long.
        ConnectError: There is no such host.
    """
    found: list[str] = []
    failed: list[Exception] = []

    def look_up() -> None:
        try:
            known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(address[0]) for *_, address in known))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    lookup = threading.Thread(target=look_up, name="wix-lookup", daemon=True)
    lookup.start()
    lookup.join(seconds)
    if found:
        return found
    if failed:
        raise httpcore.ConnectError(str(failed[0]))
    raise NameTooSlow(host)
