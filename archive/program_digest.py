"""A digest of the program: of everything that decides how pages are read and what follows from them."""

import sys
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from importlib.metadata import distributions
from pathlib import Path

from archive.plugins import plugin_manager

_DIGEST_BYTES = 32


@cache
def program_digest() -> bytes | None:
    """Return a digest of the source files of this program and its plugins, and of the installed versions.

    Return None if a source file cannot be read. It is computed once in a process.
    """
    described = (package.metadata for package in distributions())  # read again at each access
    installed = sorted(f"{package['Name']} {package['Version']}" for package in described)
    try:
        return blake2b(
            repr((sys.version, installed)).encode() + sources_digest(), digest_size=_DIGEST_BYTES
        ).digest()
    except OSError:
        return None


def sources_digest() -> bytes:
    """Return a digest of the source files of this program and its plugins.

    Raise :exc:`OSError` if one cannot be read.
    """
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for name, source in _sources():
        digest.update(repr((name, len(source))).encode())
        digest.update(source)
    return digest.digest()


def _sources() -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each source file. Raise :exc:`OSError` if one cannot be read."""
    plugins = (getattr(plugin, "__name__", "") for plugin in plugin_manager().get_plugins())
    for package in sorted({"archive", *(name.partition(".")[0] for name in plugins)}):
        module = Path(getattr(sys.modules.get(package), "__file__", None) or package)
        files = module.parent.rglob("*.py") if module.name == "__init__.py" else (module,)
        yield from ((str(file.relative_to(module.parent)), file.read_bytes()) for file in sorted(files))
