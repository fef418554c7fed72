"""What decides how pages are read and which bytes are written: equal in all processes that share work."""

import platform
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from typing import NamedTuple

import pyarrow as pa
import zstandard

from archive.program_digest import sources_digest
from archive.renditions.html_page import LIBXML2_VERSION


class Parser(NamedTuple):
    """The digest of the source files of this program and its plugins, and versions of what they use."""

    sources: str
    python: str
    lxml: str
    libxml2: str
    zstandard: str
    zstd: str
    pyarrow: str

    @property
    def digest(self) -> str:
        """The digest of all of these, in hexadecimal digits."""
        return sha256(repr(tuple(self)).encode()).hexdigest()

    def differences(self, theirs: "Parser") -> str:
        """Return what differs in another parser: ``sources, lxml 6.0.1 instead of 6.0.2``."""
        found = [
            name if name == "sources" else f"{name} {other} instead of {own}"
            for name, own, other in zip(self._fields, self, theirs, strict=True)
            if own != other
        ]
        return ", ".join(found)


@cache
def own_parser() -> Parser:
    """Return the parser of this process, as it was when this was first called."""
    return Parser(
        sources=sources_digest().hex(),
        python=".".join(platform.python_version_tuple()[:2]),
        lxml=version("lxml"),
        libxml2=LIBXML2_VERSION,
        zstandard=zstandard.__version__,
        zstd=".".join(map(str, zstandard.ZSTD_VERSION)),
        pyarrow=pa.__version__,
    )
