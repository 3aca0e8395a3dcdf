"""A certificate authority and one server certificate, made when a simulated cluster is made.

kubectl sends no token over plain HTTP, so the API port speaks TLS. The keys exist for one demo:
the authority's never leaves the process that has made it, and the server's goes to a file only for
the moment in which `ssl` reads it.
"""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from datetime import datetime

VALID = timedelta(days=365)
"""Longer than a demo on a wall runs without a start; no client objects to a certificate of a year.
"""
AUTHORITY_VALID = timedelta(days=3_650)
"""Who trusts the authority goes on trusting it while its certificates are renewed."""
EARLIER = timedelta(hours=1)
"""For clocks that differ: those of containers and virtual machines on the same computer do."""
ADDRESSES = ("127.0.0.1", "::1")
AUTHORITY = "Watchglass demo authority"


@dataclass(frozen=True, slots=True, repr=False)
class Certificate:
    """PEM: whom to trust, and what the server shows; `key` is its private key."""

    authority: str
    chain: str
    key: str

    @property
    def runs_out(self) -> datetime:
        """When it is no longer valid."""
        return x509.load_pem_x509_certificate(self.chain.encode()).not_valid_after_utc


class Authority:
    """Signs the certificates of one demo."""

    def __init__(self, now: datetime) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = _name(AUTHORITY)
        self._root = (
            _unsigned(name, name, self._key.public_key(), now, AUTHORITY_VALID)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )

    def certificate(self, now: datetime) -> Certificate:
        """One more, with a key of its own, for this machine's loopback names."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [
            x509.DNSName("localhost"),
            *(x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES),
        ]
        leaf = (
            _unsigned(_name("localhost"), self._root.subject, key.public_key(), now, VALID)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        return Certificate(
            authority=self._root.public_bytes(Encoding.PEM).decode(),
            chain=leaf.public_bytes(Encoding.PEM).decode(),
            key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        )


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """The server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    # ssl reads a key from a file only: 0600, and gone after the reading.
    with tempfile.NamedTemporaryFile("w", prefix="watchglass-", encoding="ascii") as file:
        file.write(certificate.chain + certificate.key)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _unsigned(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    valid: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + valid)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
