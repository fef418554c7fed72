"""An Atom feed of new and edited articles, newest first."""

import json
from typing import BinaryIO

from archive.export.job import ExportJob
from archive.markup import atom
from archive.paper import LANGUAGE, WEB_URL
from archive.store import SelectedVersion
from archive.timestamps import parse_stamp


def write_stream(job: ExportJob, file: BinaryIO) -> None:
    atom.write_feed(file, feed(job), map(entry, job.newest_first()))


def feed(job: ExportJob) -> atom.Feed:
    """Return the feed's head. Its id depends on the selection."""
    about = job.about
    named = "/".join(f"{name}={value}" for name, value in about.only.items()) or "all"
    return atom.Feed(
        id=atom.own_id(named),
        title=f"{about.paper}: new and edited",
        subtitle=about.sentence,
        updated=parse_stamp(about.last_seen),
        author=about.paper,
        rights=about.licence,
        generator=about.tool,
        link=WEB_URL,
        language=LANGUAGE,
    )


def entry(row: SelectedVersion) -> atom.Entry:
    edited = row.version > 1
    return atom.Entry(
        id=atom.event_id("edited" if edited else "new", row.id, row.first_seen),
        title=f"Edited: {row.title}" if edited else row.title,
        updated=parse_stamp(row.first_seen),
        published=parse_stamp(row.first_seen),
        link=row.url,
        summary=row.lead,
        content=row.text,
        authors=tuple(author["name"] for author in json.loads(row.authors)),
        categories=("edited" if edited else "new", *(tag["name"] for tag in json.loads(row.tags))),
    )
