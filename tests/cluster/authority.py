"""A certificate authority for tests of TLS: servers by name, clients, and rotations."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1"


class Authority:
    """Elliptic keys, which take a millisecond: none is ever kept."""

    def __init__(self, name: str = "tests") -> None:
        self._name = _name(f"{name} authority")
        self._key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(self._name, self._name, self._key.public_key())
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = (
            made.add_extension(constraints, critical=True)
            .sign(self._key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    def issue(self, *names: str) -> tuple[bytes, bytes]:
        """A certificate for these names (or addresses) and its key, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(_name(names[0]), self._name, key.public_key())
        leaf = made.add_extension(
            x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
        ).sign(self._key, hashes.SHA256())
        return (
            leaf.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )

    def server(self, folder: Path, *names: str, clients: Authority | None = None) -> ssl.SSLContext:
        """A server's context; with `clients`, one that asks for a certificate of theirs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate, key = self.issue(*(names or (LOOPBACK,)))
        (folder / "serving.crt").write_bytes(certificate)
        (folder / "serving.key").write_bytes(key)
        context.load_cert_chain(folder / "serving.crt", folder / "serving.key")
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=clients.certificate.decode())
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=2))
    )
