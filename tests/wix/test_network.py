"""What the environment says about the network ends in a connection, or in a sentence that names the variable."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socketserver
import ssl
import time
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tap_wix_users.wix import errors
from tap_wix_users.wix.client import WixClient
from tap_wix_users.wix.endpoints import AccountApi
from tap_wix_users.wix.network import BadNetworkSettings, NetworkSettings, network_settings
from tests.defaults import CLIENT
from tests.wix.conftest import Listener

if TYPE_CHECKING:
    from pathlib import Path

    from tap_wix_users.wix.objects import RoleList

VARIABLES = [f"{scheme}_proxy" for scheme in ("http", "https", "all", "no")]
FILES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
WIX = "https://www.wixapis.com"
PASSWORD = "hunter2hunter2"  # noqa: S105  # one to look for
ANSWER = b'HTTP/1.1 200 OK\r\ncontent-length: 35\r\n\r\n{"predefinedRoles":[{"id":"1234"}]}'


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    for name in (*VARIABLES, *(name.upper() for name in VARIABLES), *FILES):
        monkeypatch.delenv(name, raising=False)


def told(url: str = WIX) -> str:
    """What is wrong with the environment."""
    with pytest.raises(BadNetworkSettings) as caught:
        network_settings(url)
    return str(caught.value)


def host_of(found: NetworkSettings) -> str | None:
    """The proxy's host."""
    return found.proxy.url.host if found.proxy else None


BY_PROXY = "through the proxy of `HTTPS_PROXY`"
GO_WITHOUT = "or add www.wixapis.com to `NO_PROXY` to connect directly"


class TestProxies:
    """Which one is taken, and what is said of one that cannot be."""

    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
    @pytest.mark.parametrize("value", ["http://proxy.example:3128", "proxy.example:3128", "https://proxy.example"])
    def test_that_is_taken(self, name, value, monkeypatch):
        """With and without its scheme."""
        monkeypatch.setenv(name, value)
        found = network_settings(WIX)
        assert (host_of(found), found.proxy_variable) == ("proxy.example", name)

    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
    def test_that_is_empty(self, name, monkeypatch):
        """It is not set."""
        monkeypatch.setenv(name, "")
        assert network_settings(WIX).proxy is None

    def test_of_plain_http(self, monkeypatch):
        """It is for others: the API is reached over TLS alone."""
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
        assert network_settings(WIX).proxy is None

    @pytest.mark.parametrize(
        "exceptions",
        ["www.wixapis.com", "wixapis.com", ".wixapis.com", "*", "a.b,wixapis.com", "fe80::/10,wixapis.com"],
    )
    def test_that_is_gone_round(self, exceptions, monkeypatch):
        """`NO_PROXY` names hosts and domains; a network among them does no harm."""
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
        monkeypatch.setenv("NO_PROXY", exceptions)
        assert network_settings(WIX).proxy is None

    @pytest.mark.parametrize("exceptions", ["", "::1/128", "fd00::/8,10.0.0.0/8", "[::1]", "example.com", "[", "%%"])
    def test_that_is_not_gone_round(self, exceptions, monkeypatch):
        """Other hosts, networks and nonsense are no reason."""
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
        monkeypatch.setenv("NO_PROXY", exceptions)
        assert host_of(network_settings(WIX)) == "proxy.example"

    @pytest.mark.parametrize("value", ["socks5://h:1", "socks4://h:1", "ftp://h", f"socks5h://u:{PASSWORD}@h:1"])
    def test_of_another_kind(self, value, monkeypatch):
        """It is named, its value is not."""
        monkeypatch.setenv("ALL_PROXY", value)
        assert told() == (
            f"`ALL_PROXY` names a proxy that is neither http:// nor https://: name one that is, {GO_WITHOUT}"
        )

    @pytest.mark.parametrize(
        "value",
        [
            f"http://u:{PASSWORD}@h:99999",
            "http://h:port",
            "http://",
            "http://h:-1",
            "h:x",
            "http://[::1",
            "http://a b/",
        ],
    )
    def test_that_is_none(self, value, monkeypatch):
        """A port that is none, no host, half an address."""
        monkeypatch.setenv("HTTPS_PROXY", value)
        sentence = told()
        assert sentence == (
            f"`HTTPS_PROXY` is not the address of a proxy, like http://proxy.example:3128: correct it, {GO_WITHOUT}"
        )

    def test_its_password_is_a_secret(self, monkeypatch):
        """It is among what must not be shown."""
        monkeypatch.setenv("HTTPS_PROXY", f"http://anna:{PASSWORD}@proxy.example:3128")
        assert network_settings(WIX).secrets == ["anna", PASSWORD]

    @pytest.mark.parametrize(
        ("answer", "what", "kind"),
        [
            (
                f"HTTP/1.1 407 anna:{PASSWORD}\r\n\r\n".encode(),
                f"no connection {BY_PROXY}: it answers (withheld: it repeats a part of the API key)",
                errors.Unreachable,
            ),
            (
                b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
                f"no connection {BY_PROXY}: it answers 407 Proxy Authentication Required",
                errors.Unreachable,
            ),
            (b"nonsense", "no answer through the proxy of `HTTPS_PROXY`: RemoteProtocolError (", errors.NoAnswer),
        ],
    )
    def test_that_refuses(self, answer, what, kind, monkeypatch):
        """The variable is named, nothing is tried again, and no word of the proxy's shows its password."""
        with Listener(answer) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", f"://anna:{PASSWORD}@"))
            error = failure("https://wix.example", patience=0)
        assert type(error) is kind
        assert error.what.startswith(what)
        assert PASSWORD not in str(error)
        assert proxy.received[0].startswith(b"CONNECT wix.example:443 ")
        assert KEY.encode() not in b"".join(proxy.received)


KEY = "IST.a-key-of-a-test"


def ask(url: str, *, patience: float = 300, seconds: float = 5) -> RoleList:
    """One request of a client of its own."""
    client = WixClient(
        api_key=KEY, base_url=url, **CLIENT | {"max_retry_seconds": patience, "request_timeout": seconds}
    )
    try:
        return AccountApi(client, "0aaaaaaa-1111-4222-8333-444455556666").get_roles(locale="en")
    finally:
        client.close()
        client.pool.shutdown()


def failure(url: str, **options: float) -> errors.WixError:
    """What one request ends with."""
    with pytest.raises(errors.WixError) as caught:
        ask(url, **options)
    return caught.value


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Path:
    """A key and a certificate of its own making, for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "wix.test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "pair.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


class _TLS(Listener):
    """A host that speaks TLS."""

    def __init__(self, pair: Path) -> None:
        super().__init__(ANSWER)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.url = self.url.replace("http:", "https:")

    def handle_error(self, request, client_address) -> None:
        """A client that does not trust us goes away."""


class _Plain(Listener):
    """A host that answers whatever it is sent in plain words."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(answer)
        self.RequestHandlerClass = _Blurts


class _Blurts(socketserver.BaseRequestHandler):
    server: _Plain

    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(self.server.answer)


class TestCertificates:
    """Which certificates are trusted, and what an error says if none is."""

    def test_that_is_trusted(self, pair, monkeypatch):
        """`SSL_CERT_FILE` names it."""
        monkeypatch.setenv("SSL_CERT_FILE", str(pair))
        with _TLS(pair) as host:
            assert [role.id for role in ask(host.url).predefined_roles] == ["1234"]

    @pytest.mark.parametrize("name", ["", "SSL_CERT_FILE"])
    def test_that_is_not_trusted(self, name, pair, monkeypatch):
        """It fails immediately, however long retries may take; an empty variable counts as not set."""
        if name:
            monkeypatch.setenv(name, "")
        with _TLS(pair) as host:
            began = time.monotonic()
            error = failure(host.url)
        assert time.monotonic() - began < 30
        assert type(error) is errors.Unreachable
        assert error.what == "no connection: its certificate is not trusted: self-signed certificate"
        assert error.advice.endswith("set `SSL_CERT_FILE` to those to trust")
        assert host.received == []

    def test_of_another_host(self, pair, monkeypatch):
        """A certificate of somebody else is none."""
        monkeypatch.setenv("SSL_CERT_FILE", str(pair))
        with _TLS(pair) as host:
            error = failure(host.url.replace("127.0.0.1", "localhost"))
        assert type(error) is errors.Unreachable
        assert error.what.startswith("no connection: its certificate is not trusted: Hostname mismatch")

    def test_where_nobody_speaks_tls(self):
        """It fails immediately, and says so."""
        with _Plain(ANSWER) as host:
            error = failure(host.url.replace("http:", "https:"))
        assert type(error) is errors.Unreachable
        assert error.what == "no connection: it does not speak TLS"

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (
                None,
                "`SSL_CERT_FILE` names a file that cannot be read (No such file or directory): correct it, or unset it",
            ),
            ("nonsense", "`SSL_CERT_FILE` names a file without certificates: it has to hold them as PEM text"),
            ("", "`SSL_CERT_FILE` names a file without certificates: it has to hold them as PEM text"),
        ],
    )
    def test_a_file_that_is_none(self, content, sentence, tmp_path, monkeypatch):
        """The variable is named, before the first request."""
        file = tmp_path / "certificates.pem"
        if content is not None:
            file.write_text(content)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert told() == sentence

    def test_a_folder_that_is_none(self, tmp_path, monkeypatch):
        """The same."""
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "nowhere"))
        assert told() == "`SSL_CERT_DIR` names no folder: correct it, or unset it"

    def test_the_keys_of_a_session_are_not_written(self, tmp_path, pair, monkeypatch):
        """The file that `SSLKEYLOGFILE` names would reveal the API key."""
        file = tmp_path / "keys"
        monkeypatch.setenv("SSLKEYLOGFILE", str(file))
        monkeypatch.setenv("SSL_CERT_FILE", str(pair))
        with _TLS(pair) as host:
            ask(host.url)
        assert not file.exists()

    def test_nothing_of_it_for_plain_http(self, monkeypatch):
        """A loopback server needs no certificates, and no proxy sees the key."""
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
        monkeypatch.setenv("ALL_PROXY", "http://proxy.example:99999")
        assert network_settings("http://127.0.0.1:8080").proxy is None
