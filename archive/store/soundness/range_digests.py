"""Digests of all rows that the check of a range depends on: what goes into it, and what it compares with.

A range without any change has the same digest, so a check of it would have the same result.
"""

import marshal
from hashlib import blake2b
from sqlite3 import Cursor

from sqlite_utils import Database

from archive.store.ingest.sections import section_captures, stored_section
from archive.store.payloads.dictionaries import DICTIONARY_TABLES
from archive.store.soundness.derivation_check import DERIVED_QUERIES, range_values

DIGEST_BYTES = 32
ARTICLES_PER_RANGE = 256  # numbers; not all are in use
PAYLOADS_PER_RANGE = 1024
_ROWS_AT_ONCE = 500
_MARSHAL_VERSION = 2  # the last in which equal values give equal bytes, whether or not they are one object

# All that the readings of articles depend on. Whether a payload has its digest is checked by payload.
_CAPTURES = """
SELECT c.article_id, c.captured_at, c.id, c.version_id, c.source, c.rendition, c.url, c.outcome, c.payload_id,
  p.digest
FROM captures c LEFT JOIN payloads p ON p.id = c.payload_id
WHERE c.article_id BETWEEN :article AND :until ORDER BY c.article_id, c.captured_at, c.id
"""
# Payloads of a range, and all that their deltas need.
_PAYLOADS = """
WITH RECURSIVE needed (id) AS (
  SELECT id FROM payloads WHERE id BETWEEN :first AND :last
  UNION SELECT base_id FROM needed JOIN payloads USING (id) WHERE base_id IS NOT NULL
)
SELECT p.body, p.id, p.digest, p.size, p.encoding, p.base_id, p.dictionary_id, p.level
FROM needed JOIN payloads p USING (id) ORDER BY p.id
"""


def articles_digest(db: Database, program: bytes, first: int, last: int) -> bytes:
    """Return the digest of articles ``first`` to ``last``: their captures, and all rows derived from them."""
    digest, values = _new(program, "articles", first, last), range_values(first, last)
    for query in (_CAPTURES, *DERIVED_QUERIES.values()):
        _add_rows(digest, db.execute(query, values))
    return digest.digest()


def payloads_digest(db: Database, program: bytes, first: int, last: int) -> bytes:
    """Return the digest of payloads ``first`` to ``last``, of all their bases and of all dictionaries."""
    digest = _new(program, "payloads", first, last)
    for table in DICTIONARY_TABLES:
        _add_bodies(digest, db.execute(f"SELECT body, id, digest FROM {table} ORDER BY id"))  # noqa: S608 - ours
    _add_bodies(digest, db.execute(_PAYLOADS, {"first": first, "last": last}))
    return digest.digest()


def section_digest(db: Database, program: bytes, number: int, last: int) -> bytes:
    """Return the digest of a section: the captures of its page, and its placements."""
    digest = _new(program, "sections", number, last)
    digest.update(_represented([section_captures(db, number), stored_section(db, number)]))
    return digest.digest()


def _new(program: bytes, *what: object) -> blake2b:
    return blake2b(_represented([program, what]), digest_size=DIGEST_BYTES)


def _add_rows(digest: blake2b, found: Cursor) -> None:
    """Add the rows of a query, which may hold any values, and their end."""
    while rows := found.fetchmany(_ROWS_AT_ONCE):
        digest.update(marshal.dumps(rows, _MARSHAL_VERSION))
    digest.update(b"\n")


def _add_bodies(digest: blake2b, found: Cursor) -> None:
    """Add rows that begin with a body, which is added as it is: its representation would be long."""
    for body, *rest in found:
        whole = body if isinstance(body, bytes) else _represented(body)
        digest.update(_represented([type(body), len(whole), rest]))
        digest.update(whole)
    digest.update(b"\n")


def _represented(value: object) -> bytes:
    return repr(value).encode("utf-8", "surrogatepass")
