"""Certificates and keys for one control plane."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = ipaddress.IPv4Address("127.0.0.1")


@dataclass(frozen=True)
class KeyFiles:
    """PEM files in one directory. The API server refuses an EC private key where it wants to
    verify service accounts, hence their public half as a file of its own.
    """

    ca: Path
    certificate: Path
    key: Path
    accounts_private: Path
    accounts_public: Path


def write_keys(directory: Path) -> KeyFiles:
    """Make a new set; with elliptic curves that takes ten milliseconds, so none is ever kept."""
    files = KeyFiles(
        ca=directory / "ca.crt",
        certificate=directory / "server.crt",
        key=directory / "server.key",
        accounts_private=directory / "accounts.key",
        accounts_public=directory / "accounts.pub",
    )
    authority = ec.generate_private_key(ec.SECP256R1())
    issuer = common_name("watchglass test authority")
    root = (
        unsigned_certificate(issuer, issuer, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(authority, hashes.SHA256())
    )
    server = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        unsigned_certificate(common_name("127.0.0.1"), issuer, server.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK)]), critical=False)
        .sign(authority, hashes.SHA256())
    )
    accounts = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    files.ca.write_bytes(root.public_bytes(pem))
    files.certificate.write_bytes(leaf.public_bytes(pem))
    files.key.write_bytes(private_pem(server))
    files.accounts_private.write_bytes(private_pem(accounts))
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    files.accounts_public.write_bytes(accounts.public_key().public_bytes(pem, public))
    return files


def common_name(text: str) -> x509.Name:
    """A subject or issuer."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def unsigned_certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    """A certificate for two days, without extensions and signature."""
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


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
