"""Network settings from environment variables: which proxy to use, and which certificates to trust.

An empty variable counts as not set. For one that cannot be used, the error names the variable but never its value,
since a proxy's address may hold a password.
"""

from __future__ import annotations

import os
import ssl
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpx

_SCHEMES = ("http", "https", "socks5", "socks5h")


class BadNetworkSettings(Exception):
    """An environment variable that cannot be used."""


class NetworkSettings(NamedTuple):
    """The network settings for one host.

    Attributes:
        trust: The TLS context with the trusted certificates.
        proxy: The proxy to use; None to connect directly.
        proxy_variable: The variable that names the proxy.
    """

    trust: ssl.SSLContext
    proxy: httpx.Proxy | None = None
    proxy_variable: str = ""

    @property
    def secrets(self) -> list[str]:
        """The user name and password of the proxy, which must not be shown."""
        return list(filter(None, self.proxy.auth or ())) if self.proxy else []


def network_settings(base_url: str) -> NetworkSettings:
    """The network settings for a host, from the environment.

    Raises:
        BadNetworkSettings: A variable cannot be used.
    """
    address = urlsplit(base_url)
    if address.scheme.lower() != "https":
        # A proxy would see the key of a plain-http loopback server, and certificates take a while to load.
        return NetworkSettings(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    return NetworkSettings(_trust(), *_proxy(address.hostname or ""))


def _trust() -> ssl.SSLContext:
    # Not the default context: it writes session keys to SSLKEYLOGFILE, and with them the API key can be decrypted.
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file:
        try:
            trust.load_verify_locations(cafile=file)
        except ssl.SSLError:
            raise BadNetworkSettings(
                "`SSL_CERT_FILE` names a file without certificates: it has to hold them as PEM text"
            ) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no such file"
            raise BadNetworkSettings(
                f"`SSL_CERT_FILE` names a file that cannot be read ({reason}): correct it, or unset it"
            ) from None
    elif folder:
        if not Path(folder).is_dir():
            raise BadNetworkSettings("`SSL_CERT_DIR` names no folder: correct it, or unset it")
        trust.load_verify_locations(capath=folder)
    else:
        trust.load_verify_locations(cafile=certifi.where())
    return trust


def _proxy(host: str) -> tuple[httpx.Proxy | None, str]:
    found = getproxies()
    scheme = next((scheme for scheme in ("https", "all") if found.get(scheme)), None)
    if scheme is None or proxy_bypass(host):
        return None, ""
    variable = _variable(scheme)
    address = found[scheme] if "://" in found[scheme] else f"http://{found[scheme]}"
    try:
        proxy = httpx.Proxy(address)
        port = proxy.url.port
        usable = bool(proxy.url.host) and (port is None or 0 < port < 65536) and " " not in address
    except (httpx.InvalidURL, ValueError, UnicodeError):
        usable = False
    kind = address.partition("://")[0].lower()
    if kind not in _SCHEMES or (kind.startswith("socks") and find_spec("socksio") is None):
        raise BadNetworkSettings(
            f"`{variable}` names a proxy that is neither http:// nor https://: name one that is, "
            f"or add {host} to `NO_PROXY` to connect directly"
        )
    if not usable:
        raise BadNetworkSettings(
            f"`{variable}` is not the address of a proxy, like http://proxy.example:3128: correct it, "
            f"or add {host} to `NO_PROXY` to connect directly"
        )
    return proxy, variable


def _variable(scheme: str) -> str:
    """The variable that names the proxy; lower case takes precedence, as usual."""
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY")
    return next((name for name in names if os.environ.get(name)), "the system's settings")
