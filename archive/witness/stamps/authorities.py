"""The certificate authorities that are trusted with time stamps: given ones, and those of the system."""

import ssl
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from OpenSSL import crypto

from archive.proofs.root_record import InvalidRecord
from archive.witness.kept_records import read_bounded
from archive.witness.stamps.stamp_problems import InvalidStamp
from archive.witness.stamps.time_stamp import TimeStamp

_MAX_FILE_BYTES = 4_000_000  # the system's own file has 200 kB
# OpenSSL's errors for certificates that lead to no known authority, as X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT.
_UNKNOWN_AUTHORITY = {2, 18, 19, 20, 21}


class Authorities:
    """Authorities to trust; also ``given`` certificates that are of no authority."""

    def __init__(self, files: Sequence[Path] = ()) -> None:
        self.given = [each for file in files for each in _certificates(file)]

    def know(self, stamp: TimeStamp) -> bool:
        """Return whether a known authority issued a stamp's certificate, as of the time of the stamp.

        Raise :exc:`InvalidStamp` if one did, but the certificates do not hold.
        """
        try:
            chain = [crypto.X509.from_cryptography(each) for each in stamp.others]
            leaf = crypto.X509.from_cryptography(stamp.certificate)
            crypto.X509StoreContext(self._store(stamp), leaf, chain).verify_certificate()
        except crypto.X509StoreContextError as error:
            if error.errors[0] in _UNKNOWN_AUTHORITY:
                return False
            raise InvalidStamp(f"its certificates do not hold: {error}") from error
        except crypto.Error as error:
            raise InvalidStamp("its certificates cannot be read") from error
        return True

    def _store(self, stamp: TimeStamp) -> crypto.X509Store:
        store, system = crypto.X509Store(), ssl.get_default_verify_paths()
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        store.set_time(stamp.time)
        for each in self.given:
            store.add_cert(crypto.X509.from_cryptography(each))
        if system.cafile or system.capath:
            with suppress(crypto.Error):  # a system without authorities
                store.load_locations(system.cafile, system.capath)
        return store


def _certificates(file: Path) -> list[x509.Certificate]:
    """Return the certificates in a file, PEM or DER. Raise :exc:`InvalidStamp`."""
    try:
        content = read_bounded(file, _MAX_FILE_BYTES)
        if b"-----BEGIN" in content:
            return x509.load_pem_x509_certificates(content)
        return [x509.load_der_x509_certificate(content)]
    except InvalidRecord as error:
        raise InvalidStamp(str(error)) from error
    except ValueError as error:
        raise InvalidStamp(f"{file}: has no certificates; give a file in PEM") from error
