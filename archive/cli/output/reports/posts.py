"""Edits as posts: their text, and their pictures in a folder."""

import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from archive.cli.output.reports.report import ReportedChange, passages
from archive.errors import ExportError
from archive.libraries import needing
from archive.posting.edit import FieldEdit, PostableEdit
from archive.posting.post_text import post_text
from archive.store import Reader, VersionRow
from archive.timestamps import parse_stamp

_MAX_PASSAGES = 5  # of one field in a post


def postable_edits(
    opened: Reader, changes: Iterable[ReportedChange], *, any_edit: bool
) -> list[PostableEdit]:
    """Return the edits that can be posted: of articles with an address, and of titles unless ``any_edit``."""
    found = (_postable(opened, change, any_edit=any_edit) for change in changes if change.url)
    return [edit for edit in found if edit.fields]


def _postable(opened: Reader, change: ReportedChange, *, any_edit: bool) -> PostableEdit:
    event = change.event
    edits = [edit for edit in change.edits if any_edit or edit.field == "title"]
    fields = [FieldEdit(edit.field, list(passages(edit))[:_MAX_PASSAGES]) for edit in edits]
    is_of_title = any(edit.field == "title" for edit in edits)
    return PostableEdit(
        key=_key(opened.versions.all(event.article)[: event.number], is_of_title=is_of_title),
        article=event.article,
        at=parse_stamp(event.at),
        title=event.title,
        url=change.url or "",
        fields=fields,
    )


def _key(versions: Sequence[VersionRow], *, is_of_title: bool) -> str:
    """Return the key of the last version's edit: old and new wording, and how often that edit was made."""
    wordings = [version.title if is_of_title else _wording(version) for version in versions]
    edits = list(pairwise(wordings))
    identity = [versions[-1].article_id, *edits[-1], edits.count(edits[-1])]
    return sha256(json.dumps(identity).encode()).hexdigest()[:32]


def _wording(version: VersionRow) -> list[str | None]:
    return [version.title, version.lead, version.caption, version.text]


def write_posts(edits: Iterable[PostableEdit], length: int) -> str:
    """Return the texts of posts, separated by empty lines, of which a post has none."""
    return "\n".join(f"{post_text(edit, length)}\n" for edit in edits)


def write_pictures(edits: Sequence[PostableEdit], folder: Path) -> None:
    """Write a PNG for each edit, and its description as text next to it. Raise :exc:`ExportError`."""
    with needing("--pictures", "PIL", "font_source_sans_pro"):
        files = dict(_picture_files(edits))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise ExportError(f"{folder}: cannot be written: {error.strerror}") from error


def _picture_files(edits: Iterable[PostableEdit]) -> Iterator[tuple[str, bytes]]:
    from archive.posting.picture import draw_edit  # noqa: PLC0415 - a library that only pictures need

    for edit in edits:
        picture, name = draw_edit(edit), f"{edit.article}-{edit.at:%Y%m%dT%H%M%S}Z"
        yield f"{name}.png", picture.png
        yield f"{name}.txt", f"{picture.alt}\n".encode()
