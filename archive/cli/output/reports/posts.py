"""Edits as posts: their text, and their pictures in a folder."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from archive.cli.output.printing import print_page
from archive.cli.output.reports.report import (
    ChangeFilter,
    Period,
    ReportedChange,
    passages,
    reported_changes,
)
from archive.cli.posts.post_options import PostOptions
from archive.errors import ExportError
from archive.libraries import needing
from archive.posting.edit import FieldEdit, PostableEdit
from archive.posting.post_text import post_text
from archive.store import Reader, VersionRow, open_reader
from archive.timestamps import parse_stamp

_MAX_PASSAGES = 5  # of one field in a post


class PostSelection(NamedTuple):
    """Which edits of an archive to post: those from ``since`` to ``until``, which are None if not given."""

    archive: Path
    since: datetime | None
    until: datetime | None
    limit: int | None
    wanted: ChangeFilter
    options: PostOptions

    def edits(self, since: datetime) -> list[PostableEdit]:
        """Return the edits since a time that pass the filter, newest first."""
        any_edit = self.options.any_edit
        wanted = self.wanted._replace(kinds=("edited",), headline=self.wanted.headline or not any_edit)
        with open_reader(self.archive) as opened:
            found = reported_changes(opened, Period(since, self.until), wanted)
            return _postable_edits(opened, found, any_edit=any_edit)


def _postable_edits(
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


def print_posts(posts: PostSelection, now: datetime) -> None:
    """Print the texts of posts, separated by empty lines, of which a post has none; write their pictures."""
    edits = posts.edits(posts.since or (posts.until or now) - timedelta(days=1))[: posts.limit or None]
    print_page("\n".join(f"{post_text(edit, posts.options.length)}\n" for edit in edits))
    if posts.options.pictures:
        write_pictures(edits, posts.options.pictures)


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
