"""taz-archive. Python programs begin with ``from archive import open_archive``; see ``docs/python.md``."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.api.opened import OpenArchive as OpenArchive
    from archive.api.opened import open_archive as open_archive

__all__ = ["OpenArchive", "open_archive"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from archive.api import opened  # noqa: PLC0415 - a crawl without work must not load it

    return getattr(opened, name)
