"""Bytes → characters, and characters → lines, the same for every rendition."""

import re

from archive.errors import RenditionError

MAX_PAGE_BYTES = 4 * 2**20  # bytes; the largest article seen is under 100 KiB
MAX_LINES = 500_000  # a page of nothing but line ends would take gigabytes
UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


def decode_text(body: bytes) -> str:
    """UTF-8 → text. A few broken characters, as truncation leaves them, become U+FFFD.

    Raises :exc:`RenditionError` for nothing, too much, a binary, and any other charset: there, broken
    characters outnumber the whole ones.
    """
    if not body.strip():
        raise RenditionError("expected a page, found nothing")
    if len(body) > MAX_PAGE_BYTES:
        raise RenditionError(
            f"expected a page of at most {MAX_PAGE_BYTES >> 20} MiB, found {-(-len(body) >> 20)} MiB"
        )
    if body.startswith(UTF16):
        raise RenditionError("line 1: expected UTF-8, found UTF-16")
    if (nul := body.find(b"\0")) >= 0:
        raise RenditionError(f"expected text, found a binary (NUL at byte {nul})")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = body.decode("utf-8-sig", errors="replace")
        if text.count("\ufffd") > 1 + len(_MULTIBYTE.findall(body)):
            line = body.count(b"\n", 0, error.start) + 1
            raise RenditionError(
                f"line {line}: expected UTF-8, found byte {body[error.start]:#04x}"
            ) from error
        return text


def split_lines(text: str) -> list[str]:
    """Return lines without their endings, of any kind; no empty line after the last ending.

    Raises :exc:`RenditionError` for more lines than any page has.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.removesuffix("\n").split("\n")  # not str.splitlines: U+2028 and form feed end no line here
    if len(lines) > MAX_LINES:
        raise RenditionError(f"expected a page of at most {MAX_LINES:,} lines, found {len(lines):,}")
    return lines


def ends_line(body: bytes) -> bool:
    """Return whether the last line received is complete."""
    return body.endswith((b"\n", b"\r"))
