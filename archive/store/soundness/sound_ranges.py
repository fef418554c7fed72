"""Remember the ranges of rows that a check found sound, in a file outside the archive.

A range is remembered by a digest of its rows and of the program that checked them (:mod:`.range_digests`).
An archive cannot claim to have been checked, since the file is the user's own. A file that is lost, or that
is of another archive, costs time only.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from archive.store.soundness.range_digests import DIGEST_BYTES
from archive.synced_files import write_synced

# 6 MB, or eight times what an archive of a million versions has: a check of a part forgets no old digest.
MAX_DIGESTS = 200_000


class SoundRanges:
    """Digests of ranges that were found sound.

    ``program`` identifies the program that checks; with None, nothing is remembered or taken from memory.
    ``unchanged`` counts, by part, the rows of ranges that were found sound before; ``unchecked`` has, by
    part, the ids of rows that cannot be checked, since they need others that are damaged.
    """

    def __init__(self, program: bytes | None = None, known: Iterable[bytes] = ()) -> None:
        self.program = program
        self.unchanged = Counter[str]()
        self.unchecked = defaultdict[str, set[int]](set)
        self._known = frozenset(known)
        self._sound = set[bytes]()

    def holds(self, digest: bytes) -> bool:
        """Return whether a range was found sound earlier, and if so keep it for the next check."""
        if digest in self._known:
            self._sound.add(digest)
        return digest in self._known

    def add(self, digest: bytes) -> None:
        """Remember a range that was just found sound."""
        self._sound.add(digest)

    def save(self, file: Path, *, complete: bool) -> None:
        """Replace the file by what this check found sound, and if it is not ``complete``, what was known.

        If these are more than :data:`MAX_DIGESTS`, what was known is forgotten. A folder that cannot be
        written to is no error: the next check then checks everything.
        """
        digests = self._sound if complete else self._sound | self._known
        if len(digests) > MAX_DIGESTS:
            digests = self._sound
        with suppress(OSError):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_synced(file, b"".join(sorted(digests)))


def load_sound_ranges(file: Path, program: bytes) -> SoundRanges:
    """Return what :meth:`SoundRanges.save` wrote; nothing if the file is missing or another user's."""
    try:
        with file.open("rb") as opened:
            whole = opened.read() if os.fstat(opened.fileno()).st_uid == os.geteuid() else b""
    except OSError:
        whole = b""
    starts = range(0, len(whole) - DIGEST_BYTES + 1, DIGEST_BYTES)
    return SoundRanges(program, (whole[at : at + DIGEST_BYTES] for at in starts))
