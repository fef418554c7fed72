"""Trusted certificates per host: trusted on first use (TOFU), until the user forgets them."""

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database

from archive.model import Certificate
from archive.timestamps import parse_stamp, stamp


def find(db: Database, host: str) -> Certificate | None:
    """Return the certificate trusted for ``host`` (``taz.de:1965``), None before the first connection."""
    row = next(db["certificates"].rows_where("host = ?", [host]), None)
    return _certificate(row) if row else None


def list_all(db: Database) -> list[Certificate]:
    """Return all trusted certificates, ordered by host."""
    return [_certificate(row) for row in db["certificates"].rows_where(order_by="host")]


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


def _certificate(row: Mapping[str, str]) -> Certificate:
    first_seen, last_seen = parse_stamp(row["first_seen"]), parse_stamp(row["last_seen"])
    return Certificate(row["host"], row["fingerprint"], first_seen, last_seen)
