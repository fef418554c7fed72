"""The index of a WACZ: sorted CDXJ lines in gzipped blocks, with an index of the blocks.

https://specs.webrecorder.net/cdxj/0.1.0/ and https://specs.webrecorder.net/wacz/1.1.1/#zip-compressed-indices
"""

import heapq
import json
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from itertools import islice
from posixpath import normpath
from typing import BinaryIO, Self, TextIO
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

LINES_PER_BLOCK = 300  # in a block
MAX_LINES_IN_MEMORY = 50_000  # before they are sorted and written to a temporary file
UNQUOTED_CHARACTERS = "!\"$&'()*+,/:;<=>?@[\\]^_`{|}~"
WWW_PREFIX = re.compile(r"www[0-9]*\.")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def line(uri: str, at: str, fields: dict[str, object]) -> str:
    """``de,taz:70)/1/!6081430 20250410120000000 {"url": …}``; ``at`` is a stamp."""
    return f"{surt(uri)} {timestamp(at)} {json.dumps({'url': uri, **fields}, ensure_ascii=False)}\n"


def timestamp(at: str) -> str:
    """A stamp → ``20250410120000``."""
    return at[:19].translate({ord(sign): None for sign in "-:T"})


def surt(uri: str) -> str:
    """Return the sort key of a URL, ``de,taz)/1/!6081430``, which normalizes its spelling.

    It must equal the key that programs derive from the URL they look up; Python's ``surt`` defines it.
    """
    parts = urlsplit(uri)
    parameters = sorted(_spelled(parts.query).split("&"), key=lambda each: each.partition("="))  # by name
    query = f"?{'&'.join(parameters)}" if parts.query else ""
    path = f"/{normpath(_spelled(parts.path) or '/').lstrip('/')}"
    return f"{_site(parts)}{path}{query}".lower()


def _site(parts: SplitResult) -> str:
    """``http://www.taz.de:8080/…`` → ``de,taz:8080)``."""
    if parts.scheme == "file":
        return "file:"
    host = WWW_PREFIX.sub("", parts.hostname or "")
    turned = host if ":" in host else ",".join(reversed(host.split(".")))
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{turned}{port})"


def _spelled(part: str) -> str:
    """Normalize percent-encoding: ``%216081430`` becomes ``!6081430``."""
    return quote(unquote_to_bytes(part), safe=UNQUOTED_CHARACTERS)


class CdxIndex:
    """Collects lines in any order and yields them sorted, with at most ``max_lines`` in memory."""

    def __init__(self, *, max_lines: int = MAX_LINES_IN_MEMORY) -> None:
        self._max_lines = max_lines
        self._lines: list[str] = []
        self._files: list[TextIO] = []
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, line: str) -> None:
        self._lines.append(line)
        if len(self._lines) >= self._max_lines:
            self._put_aside()

    def _put_aside(self) -> None:
        made = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - the stack closes it
        file = self._open.enter_context(made)
        file.writelines(sorted(self._lines))
        file.seek(0)
        self._files.append(file)
        self._lines = []

    def sorted(self) -> Iterator[str]:
        """Yield all lines, once."""
        yield from heapq.merge(sorted(self._lines), *self._files)


def write_blocks(lines: Iterable[str], file: BinaryIO, name: str) -> bytes:
    """Write gzipped blocks to ``file``, called ``name``; return the index of the blocks."""
    index = [f"!meta 0 {json.dumps({'format': 'cdxj-gzip-1.0', 'filename': name})}\n"]
    offset = 0
    for block in _blocks(lines):
        packed = _gzipped("".join(block).encode())
        place = {"offset": offset, "length": len(packed), "digest": f"sha256:{sha256(packed).hexdigest()}"}
        index.append(f"{block[0].partition(' {')[0]} {json.dumps(place)}\n")
        file.write(packed)
        offset += len(packed)
    return "".join(index).encode()


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    left = iter(lines)
    while block := list(islice(left, LINES_PER_BLOCK)):
        yield block


def _gzipped(block: bytes) -> bytes:
    """Compress a block, without a timestamp."""
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    return packer.compress(block) + packer.flush()
