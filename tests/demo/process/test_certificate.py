"""The demo's certificate: trusted by its authority alone, for loopback alone, and in no file."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from app.demo.certificate import VALID, Authority, Certificate, server_context

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)


AUTHORITY = Authority(NOW)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return AUTHORITY.certificate(NOW)


async def shake_hands(certificate: Certificate, name: str, trusted: Certificate) -> str | None:
    """Connect as a client that expects `name`; gives the protocol that was agreed on."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(
        hang_up, "127.0.0.1", 0, ssl=server_context(certificate), ssl_shutdown_timeout=1
    )
    context = ssl.create_default_context(cadata=trusted.authority)
    # What newer clients insist on: key usages and identifiers as RFC 5280 wants them.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["h2", "http/1.1"])
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=name
        )
        agreed: str | None = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
    return agreed


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "::1"])
async def test_it_is_trusted_for_every_name_of_loopback(
    certificate: Certificate, name: str
) -> None:
    assert await shake_hands(certificate, name, certificate) == "http/1.1"


@pytest.mark.parametrize(
    ("name", "trusted"), [("example.org", None), ("127.0.0.1", Authority(NOW).certificate(NOW))]
)
async def test_nothing_else_is_trusted(
    certificate: Certificate, name: str, trusted: Certificate | None
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await shake_hands(certificate, name, trusted or certificate)


async def test_who_trusts_one_trusts_the_next_one_of_the_same_authority(
    certificate: Certificate,
) -> None:
    another = AUTHORITY.certificate(NOW)
    assert another.key != certificate.key
    assert another.authority == certificate.authority
    assert await shake_hands(another, "127.0.0.1", certificate) == "http/1.1"


async def test_one_that_has_run_out_is_trusted_by_nobody() -> None:
    before = NOW - VALID - timedelta(seconds=1)
    authority = Authority(before)
    old = authority.certificate(before)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        await shake_hands(old, "127.0.0.1", old)
    # The authority has years left.
    assert await shake_hands(authority.certificate(NOW), "127.0.0.1", old) == "http/1.1"


def test_it_lives_through_a_year_on_a_wall_and_can_sign_nothing(certificate: Certificate) -> None:
    leaf = x509.load_pem_x509_certificate(certificate.chain.encode())
    assert leaf.not_valid_before_utc < NOW
    # Clients of some systems object to more than 398 days.
    assert NOW + timedelta(days=364) < leaf.not_valid_after_utc < NOW + timedelta(days=398)
    assert certificate.runs_out == leaf.not_valid_after_utc
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_its_key_is_in_no_file_and_no_text(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    tempfile.tempdir = None
    try:
        server_context(certificate)
    finally:
        tempfile.tempdir = None
    assert list(tmp_path.iterdir()) == []
    assert "PRIVATE" in certificate.key
    assert "PRIVATE" not in repr(certificate)
    assert "PRIVATE" not in certificate.authority + certificate.chain
