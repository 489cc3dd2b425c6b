"""Does the one client refuse every way to an address that is only meant for us?"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from connectors.http.address import literal, may_reach
from connectors.http.egress import MOST_BYTES, Egress
from shared.errors import Conflict, NotConfigured, Transient
from shared.settings import Settings

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
PUBLIC = ipaddress.ip_address("93.184.215.14")


def knows(*answers: Sequence[str]):
    """A resolver that answers each of these in turn, the last one for ever."""
    left = list(answers)

    async def resolve(_host: str, _port: int):
        found = left.pop(0) if len(left) > 1 else left[0]
        return [ipaddress.ip_address(one) for one in found]

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "192.88.99.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "100::1",
    ],
)
def test_what_is_not_public_is_refused(address: str):
    assert not may_reach(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_what_is_public_is_reached(address: str):
    assert may_reach(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_the_same_in_whatever_it_is_wrapped(address: ipaddress.IPv4Address):
    for wrapped in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert may_reach(ipaddress.ip_address(wrapped)) == may_reach(address)


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "127.0.1", "017700000001", "a.0x7f", "1.2.3.4."],
)
def test_a_number_in_disguise_is_no_name(host: str):
    with pytest.raises(ValueError, match="usual form"):
        literal(host)


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.215.14/",
        "ftp://93.184.215.14/",
        "file:///etc/passwd",
        "https://user:secret@93.184.215.14/",  # pragma: allowlist secret
        "https://user@93.184.215.14/",
        "https://127.0.0.1/",
        "https://127.0.0.1./",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://0x7f.1/",
        "https:///nowhere",
        "https://",
        "//hooks.test/",
        "no address",
        "https://hooks.test:99999/",
        "https://xn--/",
        "https://hooks.test/" + "x" * 2048,
        "https://" + "a" * 300 + ".test/",
    ],
)
async def test_a_url_that_deceives_is_refused(url: str):
    with pytest.raises(Conflict) as refused:
        await Egress(resolve=knows(["127.0.0.1"])).check(url)

    assert (refused.value.code, refused.value.field) == ("address_refused", "url")


async def test_one_private_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(Conflict, match="not public") as refused:
        await Egress(resolve=knows([str(PUBLIC), "10.0.0.1"])).check("https://hooks.test/")

    assert "10.0.0.1" not in refused.value.message


async def test_a_name_that_nobody_knows_is_refused():
    async def nobody(_host: str, _port: int):
        raise OSError

    with pytest.raises(Conflict, match="not known"):
        await Egress(resolve=nobody).check("https://hooks.test/")


async def test_a_refusal_does_not_tell_which_names_of_the_inside_resolve():
    async def nobody(_host: str, _port: int):
        raise OSError

    said = set()
    for resolver in (nobody, knows([]), knows(["10.0.0.1"]), knows(["127.0.0.1"]), knows(["169.254.169.254"])):
        for url in ("https://db.internal/", "http://db.internal:5432/"):
            with pytest.raises(Conflict) as refused:
                await Egress(resolve=resolver).check(url)
            said.add((refused.value.code, refused.value.message))
    assert len(said) == 1


async def test_plain_http_goes_to_allowed_networks_only():
    egress = Egress(LOOPBACK, resolve=knows(["127.0.0.1"]))

    assert (await egress.check("http://hooks.test:8080/x")).addresses == (ipaddress.ip_address("127.0.0.1"),)
    with pytest.raises(Conflict, match="https"):
        await egress.check(f"http://{PUBLIC}/")


async def test_a_name_that_moves_between_save_and_use_is_refused_at_use():
    egress = Egress(resolve=knows([str(PUBLIC)], ["127.0.0.1"]))
    await egress.check("https://hooks.test/")

    with pytest.raises(Conflict, match="not public"):
        await egress.post("https://hooks.test/", body=b"", headers={})


class Receiver:
    """A server on loopback that answers everything with the same bytes, and remembers the requests."""

    def __init__(
        self,
        answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n",
        *,
        silent: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer, self.silent, self._tls = answer, silent, tls
        self.requests: list[str] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if not self.silent:
            writer.write(self.answer)
            await writer.drain()
            writer.close()


async def test_the_connection_goes_to_the_address_that_was_checked_and_keeps_the_name():
    asked: list[str] = []

    async def rebinding(host: str, _port: int):
        asked.append(host)
        return [ipaddress.ip_address("127.0.0.1" if len(asked) == 1 else "127.0.0.2")]

    async with Receiver() as receiver:
        answer = await Egress(LOOPBACK, resolve=rebinding).post(
            f"http://hooks.test:{receiver.port}/a?b=c", body=b"{}", headers={"X-Own": "1"}
        )

    assert answer.status == 204
    assert asked == ["hooks.test"]
    assert receiver.requests[0].startswith("POST /a?b=c HTTP/1.1")
    assert f"Host: hooks.test:{receiver.port}\r\n" in receiver.requests[0]


async def test_a_redirect_is_an_answer_and_is_not_followed():
    async with Receiver() as inside:
        moved = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inside.port}/\r\nContent-Length: 0\r\n\r\n".encode()
        async with Receiver(moved) as receiver:
            answer = await Egress(LOOPBACK).post(f"http://127.0.0.1:{receiver.port}/", body=b"", headers={})

    assert (answer.status, inside.requests) == (302, [])


async def test_an_endless_answer_is_cut():
    async with Receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 4 * MOST_BYTES) as receiver:
        answer = await Egress(LOOPBACK).post(f"http://127.0.0.1:{receiver.port}/", body=b"", headers={})

    assert len(answer.body) == MOST_BYTES


async def test_a_receiver_that_says_nothing_is_given_up():
    async with Receiver(silent=True) as receiver:
        with pytest.raises(Transient, match="No answer within"):
            await Egress(LOOPBACK, call_s=0.2).post(f"http://127.0.0.1:{receiver.port}/", body=b"", headers={})


async def test_a_dead_address_is_passed_over_for_the_next_one():
    async with Receiver() as receiver:
        egress = Egress(LOOPBACK, resolve=knows(["127.0.0.9", "127.0.0.1"]))
        answer = await egress.post(f"http://hooks.test:{receiver.port}/", body=b"", headers={})

    assert answer.status == 204


def test_the_networks_that_are_allowed_are_a_setting():
    assert Settings(egress_allowed=" 127.0.0.0/8, ::1/128").egress_networks()[1] == ipaddress.ip_network("::1/128")
    assert Settings().egress_networks() == ()
    with pytest.raises(NotConfigured) as refused:
        Settings(egress_allowed="everything").egress_networks()

    assert refused.value.setting == "CALLSHEET_EGRESS_ALLOWED"


def certificate_for(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, private


async def test_the_certificate_must_be_the_names_although_the_address_is_pinned(tmp_path: Path):
    certificate, private = certificate_for(tmp_path, "hooks.test")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, private)
    asked: list[str | None] = []
    serving.sni_callback = lambda _socket, name, _context: asked.append(name)
    trust = ssl.create_default_context(cafile=str(certificate))
    egress = Egress(LOOPBACK, resolve=knows(["127.0.0.1"]), trust=trust)
    async with Receiver(tls=serving) as receiver:
        answer = await egress.post(f"https://hooks.test:{receiver.port}/", body=b"", headers={})
        with pytest.raises(Transient, match="ConnectError"):
            await egress.post(f"https://other.test:{receiver.port}/", body=b"", headers={})

    assert answer.status == 204
    assert asked == ["hooks.test", "other.test"]
