"""Fields of the JSON files of datasets, which are untrusted."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from archive.errors import DatasetError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST = 200  # characters of a value that an error shows


def json_bytes(fields: Mapping[str, Any]) -> bytes:
    """Return fields as a JSON file."""
    return (json.dumps(fields, ensure_ascii=False, indent=1) + "\n").encode()


@contextmanager
def json_translated(where: str, what: str) -> Iterator[None]:
    """Translate errors about a file that is not ``what`` it should be to :exc:`DatasetError`."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise DatasetError(f"{where}: not {what}: {reason}") from error


def parsed_count(value: object, most: int) -> int:
    """Return a number from 1 to ``most``. Raise :exc:`ValueError` for anything else."""
    if type(value) is int and 0 < value <= most:
        return value
    raise ValueError(f"expected a number up to {most:,}, found {_abridged(value)}")


def parsed_digest(value: object) -> str:
    """Return a SHA-256 in hexadecimal digits. Raise :exc:`ValueError` for anything else."""
    text = parsed_text(value)
    if _DIGEST.fullmatch(text):
        return text
    raise ValueError(f"expected 64 hexadecimal digits, found {_abridged(value)}")


def parsed_text(value: object) -> str:
    """Return a string that can be written as UTF-8. Raise :exc:`ValueError` for anything else."""
    if isinstance(value, str):
        value.encode()  # raises ValueError for half of a surrogate pair
        return value
    raise ValueError(f"expected a string, found {_abridged(value)}")


def _abridged(value: object) -> str:
    return repr(value)[:_LONGEST]
