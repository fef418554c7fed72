"""Certificates that nobody but their owner vouches for, as geminispace has them: trusted on first use."""

import os
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from archive.servers.server import LOOPBACK

YEAR = timedelta(days=365)
LONG = 10 * YEAR


def self_signed(*, begins: datetime | None = None, lasts: timedelta = YEAR) -> ssl.SSLContext:
    """A server's context with a new certificate for loopback.

    It begins yesterday unless ``begins`` (aware) says otherwise.
    """
    with TemporaryDirectory(prefix="certificate-") as folder:  # the ssl module reads files only
        file = Path(folder) / "certificate.pem"
        file.write_bytes(_certificate("localhost", begins or _yesterday(), lasts))
        return context_of(file)


def kept_certificate(file: Path, name: str) -> ssl.SSLContext:
    """The certificate in a PEM file with its key; made, for ``name`` and ten years, if there is none yet.

    Raises :exc:`OSError` (of which SSL's errors are a kind) if there is something else.
    """
    if not file.exists():
        pem = _certificate(name, _yesterday(), LONG)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            made.write(pem)
    return context_of(file)


def context_of(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(file)
    return context


def _yesterday() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


def _certificate(called: str, begins: datetime, lasts: timedelta) -> bytes:
    """Certificate and key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, called)])
    others = dict.fromkeys([called, "localhost"])
    names = [*map(x509.DNSName, others), x509.IPAddress(IPv4Address(LOOPBACK))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem) + private
