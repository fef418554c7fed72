"""Files that the program keeps for a user outside of archives; all can be deleted."""

import os
from hashlib import blake2b
from pathlib import Path


def sound_ranges_file(archive: Path) -> Path | None:
    """Return the file for what was found sound in an archive; None for a user without a home.

    It is in ``$XDG_CACHE_HOME/taz-archive``, by default ``~/.cache/taz-archive``.
    """
    folder = os.environ.get("XDG_CACHE_HOME", "")
    try:
        cache = Path(folder) if Path(folder).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    name = blake2b(os.fsencode(archive.resolve()), digest_size=16).hexdigest()
    return cache / "taz-archive" / "sound" / name
