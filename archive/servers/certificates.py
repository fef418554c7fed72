"""Self-signed TLS certificates, as gemini clients expect: they trust a certificate on first use."""

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
TEN_YEARS = 10 * YEAR


def self_signed(*, begins: datetime | None = None, lasts: timedelta = YEAR) -> ssl.SSLContext:
    """Return a server's TLS context with a new certificate for the loopback address.

    ``begins`` is an aware time, by default yesterday.
    """
    with TemporaryDirectory(prefix="certificate-") as folder:  # the ssl module reads files only
        file = Path(folder) / "certificate.pem"
        file.write_bytes(_certificate("localhost", begins or _yesterday(), lasts))
        return context_of(file)


def load_or_create_certificate(file: Path, name: str) -> ssl.SSLContext:
    """Return a TLS context with the certificate and key in a PEM file.

    A missing file is created, with a certificate for ``name`` that is valid for ten years. Raises
    :exc:`OSError`, of which SSL's errors are subclasses, for a file without a certificate and its key.
    """
    if not file.exists():
        pem = _certificate(name, _yesterday(), TEN_YEARS)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as created:
            created.write(pem)
    return context_of(file)


def context_of(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(file)
    return context


def _yesterday() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


def _certificate(name: str, begins: datetime, lasts: timedelta) -> bytes:
    """Return a new certificate and its key as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    hosts = dict.fromkeys([name, "localhost"])
    names = [*map(x509.DNSName, hosts), x509.IPAddress(IPv4Address(LOOPBACK))]
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem) + private
