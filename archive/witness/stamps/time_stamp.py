"""A time stamp (RFC 3161): who signed which digest, and when.

The stamp is CMS signed data (RFC 5652). The signature is over attributes, which have the digests of the
stamp's content and of the signer's certificate (RFC 5816); the content has the digest of the data.
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import new as new_hash
from typing import Any

from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from archive.dump.grammar import clean
from archive.witness.stamps.stamp_problems import InvalidStamp, UnknownSigner

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_GRANTED = {"granted", "granted_with_mods"}
# What reading a stamp raises, which may be anything: asn1crypto reads parts when they are asked for.
_UNREADABLE = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm),
)
_MAX_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """A stamp, signed with ``certificate``, which ``others`` may connect with a known authority.

    ``signer`` is the name in the certificate, ``authority`` that of the authority that must be known.
    """

    time: datetime
    algorithm: str
    digest: bytes
    nonce: int | None
    certificate: x509.Certificate
    others: Sequence[x509.Certificate]
    signer: str
    authority: str

    def is_of(self, data: bytes) -> bool:
        return self.algorithm in _HASHES and new_hash(self.algorithm, data).digest() == self.digest


def name_of(name: x509.Name) -> str:
    return clean(name.rfc4514_string())[:_MAX_NAME_LENGTH]


def read_time_stamp(reply: bytes, known: Iterable[x509.Certificate] = ()) -> TimeStamp:
    """Return the stamp in a server's reply. Its signature is checked, but not who issued the certificate.

    Raise :exc:`InvalidStamp`, or :exc:`UnknownSigner` if the certificate is neither in it nor ``known``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # certificates of others may be odd
            return _read(reply, known)
    except _UNREADABLE as error:
        raise InvalidStamp("it is not a time stamp, or a damaged one") from error


def _read(reply: bytes, known: Iterable[x509.Certificate]) -> TimeStamp:
    signed, info, signer = _parts(reply)
    others = [*_certificates(signed), *known]
    certificate = _signer_certificate(signer, others)
    _check_attributes(signer, bytes(signed["encap_content_info"]["content"]), certificate)
    _check_signature(signer, certificate)
    check_purpose(certificate, info["gen_time"].native)
    return TimeStamp(
        info["gen_time"].native,
        info["message_imprint"]["hash_algorithm"]["algorithm"].native,
        info["message_imprint"]["hashed_message"].native,
        info["nonce"].native,
        certificate,
        others,
        name_of(certificate.subject),
        _authority(certificate, others),
    )


def _authority(certificate: x509.Certificate, others: Sequence[x509.Certificate]) -> str:
    last, issuers = certificate, {each.subject: each for each in others}
    for _ in issuers:
        last = issuers.get(last.issuer, last)
    return name_of(last.issuer)


class _Reply(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """A reply, which has no stamp if the server refused."""

    _fields = [  # noqa: RUF012 - as asn1crypto wants it
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def _parts(reply: bytes) -> tuple[Any, Any, Any]:
    """Return the signed data of a reply, the stamp in it, and its signer."""
    response = _Reply.load(reply, strict=True)
    status = response["status"]
    if status["status"].native not in _GRANTED:
        said = clean(" ".join(status["status_string"].native or [status["status"].native]))
        raise InvalidStamp(f"the server refused: {said[:_MAX_NAME_LENGTH]}")
    signed = response["time_stamp_token"]["content"]
    if signed["encap_content_info"]["content_type"].native != "tst_info" or len(signed["signer_infos"]) != 1:
        raise InvalidStamp("it is not the stamp of one signer")
    return signed, signed["encap_content_info"]["content"].parsed, signed["signer_infos"][0]


def _certificates(signed: Any) -> list[x509.Certificate]:
    choices = [each for each in signed["certificates"] or () if each.name == "certificate"]
    return [x509.load_der_x509_certificate(each.chosen.dump()) for each in choices]


def _signer_certificate(signer: Any, certificates: Iterable[x509.Certificate]) -> x509.Certificate:
    if signer["sid"].name != "issuer_and_serial_number":
        raise InvalidStamp("it does not name its signer by issuer and serial number")
    wanted = signer["sid"].chosen
    for each in certificates:
        has_serial = each.serial_number == wanted["serial_number"].native
        if has_serial and each.issuer.public_bytes() == wanted["issuer"].dump():
            return each
    raise UnknownSigner("the signer's certificate is not in the stamp")


def _check_attributes(signer: Any, content: bytes, certificate: x509.Certificate) -> None:
    """Check that the signed attributes are of this content and certificate. Raise :exc:`InvalidStamp`."""
    attributes = {each["type"].native: each["values"] for each in signer["signed_attrs"]}
    algorithm = signer["digest_algorithm"]["algorithm"].native
    if algorithm not in _HASHES:
        raise InvalidStamp(f"its digests are {clean(algorithm)}, which is too weak or unknown")
    if [each.native for each in attributes["content_type"]] != ["tst_info"]:
        raise InvalidStamp("its signature is not of a stamp")
    if [each.native for each in attributes["message_digest"]] != [new_hash(algorithm, content).digest()]:
        raise InvalidStamp("its content is not what was signed")
    if not _names_certificate(attributes, certificate):
        raise InvalidStamp("it was signed with another certificate")


def _names_certificate(attributes: dict[str, Any], certificate: x509.Certificate) -> bool:
    """Return whether the attributes have the digest of a certificate, as RFC 3161 or RFC 5816 demand."""
    encoded = certificate.public_bytes(Encoding.DER)
    if "signing_certificate_v2" in attributes:
        named = attributes["signing_certificate_v2"][0]["certs"][0]
        digest = new_hash(named["hash_algorithm"]["algorithm"].native, encoded).digest()
    else:
        named = attributes["signing_certificate"][0]["certs"][0]
        digest = new_hash("sha1", encoded, usedforsecurity=False).digest()
    return bool(named["cert_hash"].native == digest)


def _check_signature(signer: Any, certificate: x509.Certificate) -> None:
    """Check the signature of the attributes. Raise :exc:`InvalidStamp`."""
    attributes = signer["signed_attrs"].untag().dump(force=True)
    scheme = signer["signature_algorithm"]
    key, signature = certificate.public_key(), signer["signature"].native
    try:
        match key, scheme.signature_algo:
            case rsa.RSAPublicKey(), "rsassa_pkcs1v15":
                key.verify(signature, attributes, padding.PKCS1v15(), _hash(signer))
            case rsa.RSAPublicKey(), "rsassa_pss":
                salt = padding.PSS(padding.MGF1(_hash(signer)), scheme["parameters"]["salt_length"].native)
                key.verify(signature, attributes, salt, _hash(signer))
            case ec.EllipticCurvePublicKey(), "ecdsa":
                key.verify(signature, attributes, ec.ECDSA(_hash(signer)))
            case ed25519.Ed25519PublicKey(), "ed25519":
                key.verify(signature, attributes)
            case _:
                raise InvalidStamp("its signature is of an unknown kind")
    except (InvalidSignature, UnsupportedAlgorithm) as error:
        raise InvalidStamp("its signature does not hold") from error


def _hash(signer: Any) -> hashes.HashAlgorithm:
    """Return the hash of a signature, which some servers leave out of its algorithm."""
    scheme = signer["signature_algorithm"]
    has_own = scheme["algorithm"].native not in ("rsassa_pkcs1v15", "ecdsa")
    name = scheme.hash_algo if has_own else signer["digest_algorithm"]["algorithm"].native
    if name not in _HASHES:
        raise InvalidStamp(f"its signature uses {clean(name)}, which is too weak or unknown")
    return _HASHES[name]


def check_purpose(certificate: x509.Certificate, time: datetime) -> None:
    """Check that a certificate is for time stamps, and was valid at a time. Raise :exc:`InvalidStamp`."""
    purposes = [each for each in certificate.extensions if isinstance(each.value, x509.ExtendedKeyUsage)]
    if not purposes or list(purposes[0].value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise InvalidStamp("its certificate is not for time stamps")
    if not certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc:
        raise InvalidStamp("its certificate was not valid at the time of the stamp")
