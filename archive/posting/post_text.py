"""The text of a post, and the text that describes its picture.

Posts are German, as their readers are. Lengths are counted in code points. Services count graphemes, of which
a text never has more.
"""

import unicodedata
from collections.abc import Iterator

from archive.dump.grammar import clean
from archive.posting.edit import FieldEdit, PostableEdit
from archive.timestamps import display_stamp, stamp

_LABELS = {
    "title": "Überschrift",
    "lead": "Vorspann",
    "caption": "Bildunterschrift",
    "dateline": "Ort",
    "authors": "Autor:in",
    "published": "Datum",
    "text": "Text",
}
MIN_POST_LENGTH = 120  # the time, the address and a few words of both wordings
MAX_ALT_LENGTH = 1500  # of a picture's description: Mastodon's limit
_MIN_FIELD_LENGTH = 40  # less room than this is left empty
_MAX_DESCRIBED_FIELDS = 8  # an article has no more
_CONTEXTS = (6, 3, 1, 0)  # unchanged words next to a change, where there is no room for more
_ARROW = "→ "
_NOTHING = "–"  # in place of a wording that is empty
_GLUE = "\u200d"  # joins emoji to one


def post_text(edit: PostableEdit, limit: int) -> str:
    """Return an edit as plain text of at most ``limit`` characters, without empty lines.

    An edited title comes first, before and after; then the other fields as long as there is room. The last
    line has the time and the address.
    """
    last = f"{display_stamp(stamp(edit.at))} {edit.url}"
    room = limit - len(last)
    lines = [] if edit.is_of_title else [_trimmed(clean(edit.title), room // 3) or _NOTHING]
    for each in edit.fields:
        left = room - sum(len(line) + 1 for line in lines)
        if left >= _MIN_FIELD_LENGTH:
            lines.append(_title(each, left - 1) if each.field == "title" else _field(each, left - 1))
    return "\n".join([*lines, last])


def alt_text(edit: PostableEdit, limit: int = MAX_ALT_LENGTH) -> str:
    """Return what a picture of the edit shows, for those who do not see it."""
    shown = edit.fields[:_MAX_DESCRIBED_FIELDS]
    return " ".join(_described(each, limit // len(shown) - 1) for each in shown)


def field_label(field: str) -> str:
    """Return the German name of a field."""
    return _LABELS.get(field, field)


def _title(edit: FieldEdit, room: int) -> str:
    old, new = _pair(edit, room - len(_ARROW) - 3)
    return f"{old or _NOTHING}\n{_ARROW}{new or _NOTHING}"


def _field(edit: FieldEdit, room: int) -> str:
    label = f"{field_label(edit.field)}: "
    old, new = _pair(edit, room - len(label) - len(_ARROW) - 3)
    return f"{label}{old or _NOTHING} {_ARROW}{new or _NOTHING}"


def _described(edit: FieldEdit, room: int) -> str:
    label = field_label(edit.field)
    old, new = _pair(edit, room - len(label) - len(" geändert. Vorher: »«. Nachher: »«."))
    return f"{label} geändert. Vorher: »{old}«. Nachher: »{new}«."


def _pair(edit: FieldEdit, room: int) -> tuple[str, str]:
    """Return both wordings, shortened together to ``room``: first far from the changes, then at the end.

    A short one leaves its room to the other.
    """
    for each in (edit, *map(edit.narrowed, _CONTEXTS)):
        old, new = clean(each.old), clean(each.new)
        if len(old) + len(new) <= room:
            return old, new
    half = room // 2
    of_old = max(half, room - len(new))
    return _trimmed(old, of_old), _trimmed(new, max(room - half, room - len(old)))


def _trimmed(text: str, room: int) -> str:
    """Return text of at most ``room`` characters, shortened after a word; within one only if it is longer."""
    if len(text) <= room:
        return text
    if room < 1:
        return ""
    kept = text[: room - 1]
    words, space, _ = kept.rpartition(" ")
    if space and len(words) > room // 2:
        return f"{words.removesuffix(' …')} …"
    return "".join(_without_half_sign(kept, text[len(kept)])) + "…"


def _without_half_sign(kept: str, following: str) -> Iterator[str]:
    """Yield the characters of ``kept`` without a last one that ``following`` would have changed."""
    end = len(kept)
    while end and (_continues(following) or kept[end - 1] == _GLUE):
        end -= 1
        following = kept[end]
    yield from kept[:end]


def _continues(sign: str) -> bool:
    """Return whether a character is drawn as part of the one before: an accent, a joiner, a skin tone."""
    return unicodedata.category(sign) in ("Mn", "Me", "Cf") or 0x1F3FB <= ord(sign) <= 0x1F3FF  # noqa: PLR2004
