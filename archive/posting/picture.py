"""A picture of an edit: removed words struck out and red, added ones underlined and green.

Needs Pillow, and Source Sans from ``font-source-sans-pro``: the font in Pillow has no umlauts. Characters
that the font lacks, such as emoji, are drawn as boxes.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import islice
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from archive.dump.grammar import clean
from archive.posting.edit import Passage, PostableEdit
from archive.posting.post_text import alt_text, field_label
from archive.text.word_diff import Mark
from archive.timestamps import display_stamp, stamp

PICTURE_WIDTH = 1200  # pixels, as all below
_MARGIN = 64
_MAX_LINES = 30  # of one picture; what follows is left out
_MAX_DRAWN = 5_000  # characters of one piece; those of all lines are fewer
_MAX_CHUNK = 200  # characters of a broken word in a line, of which accents take no room
_LINE_HEIGHT, _SMALL_LINE_HEIGHT = 68, 48
_TITLE_SIZE, _SMALL_SIZE = 50, 30
_LINE_WIDTH = 4
_FONT_PACKAGE, _FONT_FILE = "font_source_sans_pro", "files/SourceSansPro-Semibold.ttf"
_PAPER, _INK, _GREY = "#ffffff", "#1a1a1a", "#5c5c5c"
_RED, _GREEN = "#b00020", "#00662b"  # at least 7 : 1 on white
_INKS = {Mark.SAME: _INK, Mark.OLD: _RED, Mark.NEW: _GREEN}
_STRIKE, _UNDERLINE = 0.31, -0.14  # heights above the baseline, in parts of the font's size
_INVISIBLE = dict.fromkeys(map(ord, "\u200d\ufe0e\ufe0f\u20e3"))  # parts of emoji
_REPLACED = {**_INVISIBLE, 0x2011: "-"}  # a hyphen that does not break is no other sign


class Picture(NamedTuple):
    """A PNG, its size in pixels, and what it shows."""

    png: bytes
    width: int
    height: int
    alt: str


class _Run(NamedTuple):
    """Characters with one mark, drawn at ``x``."""

    text: str
    mark: Mark
    x: float = 0
    width: float = 0


_Word = list[_Run]
_Line = list[_Run]


def draw_edit(edit: PostableEdit) -> Picture:
    """Draw an edit. The same edit gives the same bytes."""
    rows = [*_bounded(_rows(edit)), _caption(""), _caption(_origin(edit))]
    height = 2 * _MARGIN + sum(row.height for row in rows)
    image = Image.new("RGB", (PICTURE_WIDTH, height), _PAPER)
    draw = ImageDraw.Draw(image)
    top = _MARGIN
    for row in rows:
        _draw_line(draw, row, top)
        top += row.height
    described = alt_text(edit)
    return Picture(_png(image, described), PICTURE_WIDTH, height, described)


class _Row(NamedTuple):
    line: _Line
    font: ImageFont.FreeTypeFont
    height: int
    ink: str = ""


def _bounded(rows: Iterable[_Row]) -> list[_Row]:
    """Return at most as many rows as a picture may have; the last one shows that there were more."""
    first = list(islice(rows, _MAX_LINES + 1))
    return first if len(first) <= _MAX_LINES else [*first[:_MAX_LINES], _caption("…")]


def _rows(edit: PostableEdit) -> Iterator[_Row]:
    font = _font(_TITLE_SIZE)
    for at, field in enumerate(edit.fields):
        if at:
            yield _caption("")
        yield _caption(field_label(field.field))
        for passage in field.passages:
            yield from (_Row(line, font, _LINE_HEIGHT) for line in _lines(_words(passage, font), font))


def _origin(edit: PostableEdit) -> str:
    return f"{edit.url.removeprefix('https://')} · {display_stamp(stamp(edit.at))}"


def _caption(text: str) -> _Row:
    font = _font(_SMALL_SIZE)
    return _Row([_Run(text, Mark.SAME, 0, font.getlength(text))], font, _SMALL_LINE_HEIGHT, _GREY)


def _words(passage: Passage, font: ImageFont.FreeTypeFont) -> list[_Word]:
    """Return the words of a passage; one that was corrected has several runs."""
    words: list[_Word] = []
    for piece in passage:
        texts = _drawable(piece.text[:_MAX_DRAWN]).split()
        runs = [_Run(text, piece.mark, 0, font.getlength(text)) for text in texts]
        if piece.joins and words and runs:
            words[-1].append(runs.pop(0))
        words += [[run] for run in runs]
        if not texts and not piece.joins:
            words.append([])  # the empty start of a corrected word
    return [word for word in words if word]


def _drawable(text: str) -> str:
    return clean(text).translate(_REPLACED)


def _lines(words: Iterable[_Word], font: ImageFont.FreeTypeFont) -> Iterator[_Line]:
    """Set words in lines; a word that is wider than the picture is broken."""
    room, space = PICTURE_WIDTH - 2 * _MARGIN, font.getlength(" ")
    line: _Line = []
    x = 0.0
    for word in _broken(words, font, room):
        width = sum(run.width for run in word)
        if line and x + space + width > room:
            yield line
            line, x = [], 0.0
        x += space if line else 0
        for run in word:
            line.append(run._replace(x=x))
            x += run.width
    if line:
        yield line


def _broken(words: Iterable[_Word], font: ImageFont.FreeTypeFont, room: float) -> Iterator[_Word]:
    for word in words:
        if sum(run.width for run in word) <= room:
            yield word
        else:
            yield from _chunks(word, font, room)


def _chunks(word: _Word, font: ImageFont.FreeTypeFont, room: float) -> Iterator[_Word]:
    chunk: _Word = []
    for run in word:
        for sign in run.text:
            width = font.getlength(sign)
            is_full = sum(len(each.text) for each in chunk) >= _MAX_CHUNK
            if is_full or sum(each.width for each in chunk) + width > room:
                yield chunk
                chunk = []
            if chunk and chunk[-1].mark is run.mark:
                text = chunk[-1].text + sign
                chunk[-1] = _Run(text, run.mark, 0, font.getlength(text))
            else:
                chunk.append(_Run(sign, run.mark, 0, width))
    yield chunk


def _draw_line(draw: ImageDraw.ImageDraw, row: _Row, top: int) -> None:
    baseline = top + row.font.size
    for run in row.line:
        place = (_MARGIN + run.x, baseline)
        draw.text(place, run.text, font=row.font, fill=row.ink or _INKS[run.mark], anchor="ls")
    for mark, height in ((Mark.OLD, _STRIKE), (Mark.NEW, _UNDERLINE)):
        y = round(baseline - height * row.font.size)
        for start, end in _stretches(row.line, mark):
            draw.line([(_MARGIN + start, y), (_MARGIN + end, y)], fill=_INKS[mark], width=_LINE_WIDTH)


def _stretches(line: Sequence[_Run], mark: Mark) -> Iterator[tuple[float, float]]:
    """Yield where a mark's words in a row begin and end, spaces between them included."""
    start: float | None = None
    end = 0.0
    for run in [*line, _Run("", Mark.SAME)]:
        if run.mark is mark:
            start = run.x if start is None else start
            end = run.x + run.width
        elif start is not None:
            yield start, end
            start = None


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    data = files(_FONT_PACKAGE).joinpath(_FONT_FILE).read_bytes()
    return ImageFont.truetype(BytesIO(data), size, layout_engine=ImageFont.Layout.BASIC)


def _png(image: Image.Image, described: str) -> bytes:
    info, out = PngInfo(), BytesIO()
    info.add_itxt("Description", described, lang="de")
    image.save(out, "PNG", optimize=True, pnginfo=info)
    return out.getvalue()
