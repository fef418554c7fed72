"""Check a server's certificate before anything is sent: trust on first use."""

from datetime import datetime
from hashlib import sha256

from cryptography import x509

from crawler.handlers.exchange import DeniedError
from crawler.handlers.tofu import Trust


def check_certificate(trust: Trust, server: str, shown: bytes, *, now: datetime) -> None:
    """Accept the known certificate (DER) of ``server``, or its first one. Raise ``DeniedError`` otherwise.

    Its names are ignored, since it is self-signed, and so are the dates of a known certificate. A first
    certificate must be within its dates, because an expired one will be replaced soon.
    """
    fingerprint = sha256(shown).hexdigest()
    known = trust.known(server)
    if known is None:
        _refuse_outdated(trust, server, shown, now)
    elif known.fingerprint != fingerprint:
        raise DeniedError(
            f"{server} shows another certificate than the one known since {known.first_seen:%Y-%m-%d}:"
            f" {fingerprint} for {known.fingerprint}; {trust.advice(server, fingerprint)}"
        )
    trust.record(server, fingerprint)


def _refuse_outdated(trust: Trust, server: str, shown: bytes, now: datetime) -> None:
    try:
        certificate = x509.load_der_x509_certificate(shown)
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except ValueError as error:
        raise DeniedError(f"{server} shows a certificate that cannot be read: {error}") from error
    if not begins <= now <= ends:
        expired = f"expired on {ends:%Y-%m-%d}" if ends < now else f"is not valid before {begins:%Y-%m-%d}"
        advice = trust.advice(server, sha256(shown).hexdigest())
        raise DeniedError(
            f"{server} is contacted for the first time, and its certificate {expired}; {advice}"
        )
