"""The state file next to an archive, with the problems that each target was last notified of."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

_RESERVED_BYTES = 4096  # of the state file, so that it can be rewritten on a full disk


def notified_path(archive: Path) -> Path:
    """Return the state file next to an archive that remembers what each target was notified of."""
    real = archive.resolve()
    return real.with_name(f"{real.name}.notified")


class NotifiedProblems:
    """The problems that each target was last notified of, by digests, since targets may be secret.

    They are not in the archive, so that a check needs neither its lock nor space on the disk.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._stored = os.pread(handle, 16 * _RESERVED_BYTES, 0)
        try:
            known = json.loads(self._stored)
        except ValueError:  # new, or damaged
            known = {}
        self._known: dict[str, list[str]] = known if isinstance(known, dict) else {}

    @classmethod
    @contextmanager
    def locked(cls, archive: Path, *, create: bool = True) -> Iterator["NotifiedProblems"]:
        """Open and lock the state file; other checks wait.

        Raise :exc:`OSError` if it cannot be created, or is a symbolic link; without ``create`` also if it is
        missing, or another check has locked it.
        """
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if create else 0)
        handle = os.open(notified_path(archive), flags, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if create else fcntl.LOCK_NB))
            yield cls(handle)
        finally:
            os.close(handle)

    def problems_of(self, target: str) -> set[str]:
        """Return the digests that :meth:`remember` stored last."""
        return set(self._known.get(digest(target), []))

    def remember(self, target: str, kinds: Iterable[str]) -> None:
        """Store the digests of the kinds of problems. Raise :exc:`OSError`."""
        self._known = self._with(target, kinds)
        text = _encoded(self._known)
        os.pwrite(self._handle, text, 0)
        os.ftruncate(self._handle, len(text))

    def remembers(self, target: str, kinds: Iterable[str]) -> bool:
        """Return whether :meth:`remember` would not change the file."""
        return self._stored == _encoded(self._with(target, kinds))

    def _with(self, target: str, kinds: Iterable[str]) -> dict[str, list[str]]:
        return {**self._known, digest(target): sorted(kinds)}


def _encoded(known: Mapping[str, list[str]]) -> bytes:
    return json.dumps(known).encode().ljust(_RESERVED_BYTES)


def digest(text: str) -> str:
    """Return the digest that stands for a target or for a kind of problems."""
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
