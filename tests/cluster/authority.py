"""A certificate authority for tests of TLS: servers by name, clients, and rotations."""

from __future__ import annotations

import ipaddress
import ssl
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.control_plane.keys import common_name, private_pem, unsigned_certificate

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1"


class Authority:
    """Elliptic keys, which take a millisecond: none is ever kept."""

    def __init__(self, name: str = "tests") -> None:
        self._name = common_name(f"{name} authority")
        self._key = ec.generate_private_key(ec.SECP256R1())
        made = unsigned_certificate(self._name, self._name, self._key.public_key())
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = (
            made.add_extension(constraints, critical=True)
            .sign(self._key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    def issue(self, *names: str) -> tuple[bytes, bytes]:
        """A certificate for these names (or addresses) and its key, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = unsigned_certificate(common_name(names[0]), self._name, key.public_key())
        leaf = made.add_extension(
            x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
        ).sign(self._key, hashes.SHA256())
        return (
            leaf.public_bytes(serialization.Encoding.PEM),
            private_pem(key),
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


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
