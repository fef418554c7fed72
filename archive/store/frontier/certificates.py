"""Trusted certificates per host: trusted on first use (TOFU), until the user forgets them."""

from datetime import datetime

from sqlite_utils import Database

from archive.model import Certificate
from archive.timestamps import parse_stamp, stamp

_SELECT = "SELECT host, fingerprint, first_seen, last_seen FROM certificates"


def find(db: Database, host: str) -> Certificate | None:
    """Return the certificate trusted for ``host`` (``taz.de:1965``), None before the first connection."""
    row = db.execute(f"{_SELECT} WHERE host = ?", [host]).fetchone()
    return row and _certificate(row)


def list_all(db: Database) -> list[Certificate]:
    """Return all trusted certificates, ordered by host."""
    return [_certificate(row) for row in db.execute(f"{_SELECT} ORDER BY host")]


def trust(db: Database, host: str, fingerprint: str, *, at: datetime) -> Certificate:
    """Trust a certificate for ``host``, replacing any other; extend ``last_seen`` of a trusted one."""
    db.execute(
        "INSERT INTO certificates (host, fingerprint, first_seen, last_seen) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (host) DO UPDATE SET fingerprint = excluded.fingerprint,"
        " first_seen = iif(fingerprint = excluded.fingerprint, first_seen, excluded.first_seen),"
        " last_seen = max(last_seen, excluded.last_seen)",
        [host, fingerprint, stamp(at), stamp(at)],
    )
    found = find(db, host)
    assert found
    return found


def merge(db: Database, theirs: Certificate) -> None:
    """Merge a certificate of another archive, unless this one trusts another for the host."""
    values = [theirs.host, theirs.fingerprint, stamp(theirs.first_seen), stamp(theirs.last_seen)]
    db.execute(
        "INSERT INTO certificates (host, fingerprint, first_seen, last_seen) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (host) DO UPDATE SET first_seen = min(first_seen, excluded.first_seen),"
        " last_seen = max(last_seen, excluded.last_seen) WHERE fingerprint = excluded.fingerprint",
        values,
    )


def forget(db: Database, host: str) -> bool:
    """Forget the certificate of ``host``. Returns whether there was one."""
    return bool(db.execute("DELETE FROM certificates WHERE host = ?", [host]).rowcount)


def _certificate(row: tuple[str, str, str, str]) -> Certificate:
    host, fingerprint, first_seen, last_seen = row
    return Certificate(host, fingerprint, parse_stamp(first_seen), parse_stamp(last_seen))
