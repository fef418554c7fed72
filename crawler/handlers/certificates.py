"""Whether a certificate may be trusted, before anything is said to whom it is of: trust on first use."""

from datetime import datetime
from hashlib import sha256

from cryptography import x509

from crawler.handlers.base import DeniedError
from crawler.handlers.tofu import Trust


def check_certificate(trust: Trust, server: str, shown: bytes, *, now: datetime) -> None:
    """Let pass the certificate (DER) that ``server`` is known by, or its first one. Raises ``DeniedError``.

    Names in it say nothing, as nobody but its owner vouches for them; nor do its dates, once it is known.
    A first one must be within its dates: it would soon be changed, or is a left-over.
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
    trust.met(server, fingerprint)


def _refuse_outdated(trust: Trust, server: str, shown: bytes, now: datetime) -> None:
    try:
        certificate = x509.load_der_x509_certificate(shown)
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except ValueError as error:
        raise DeniedError(f"{server} shows a certificate that cannot be read: {error}") from error
    if not begins <= now <= ends:
        expired = f"expired on {ends:%Y-%m-%d}" if ends < now else f"is not valid before {begins:%Y-%m-%d}"
        advice = trust.advice(server, sha256(shown).hexdigest())
        raise DeniedError(f"{server} is met for the first time, and its certificate {expired}; {advice}")
