"""An Atom feed: what is new, and what was edited, the newest first."""

import json
from typing import BinaryIO

from archive import atom
from archive.export.job import Job
from archive.paper import LANGUAGE, WEB_URL
from archive.store import SelectedVersion
from archive.timestamps import parse_stamp


def write_stream(job: Job, file: BinaryIO) -> None:
    parts = atom.feed_parts(feed(job), map(entry, job.newest_first()))
    file.writelines(part.encode() for part in parts)


def feed(job: Job) -> atom.Feed:
    """The feed, named for what was selected: another selection is another feed."""
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


def entry(told: SelectedVersion) -> atom.Entry:
    """A version."""
    edited = told.version > 1
    return atom.Entry(
        id=atom.event_id("edited" if edited else "new", told.id, told.first_seen),
        title=f"Edited: {told.title}" if edited else told.title,
        updated=parse_stamp(told.first_seen),
        published=parse_stamp(told.first_seen),
        link=told.url,
        summary=told.lead,
        content=told.text,
        authors=tuple(author["name"] for author in json.loads(told.authors)),
        categories=("edited" if edited else "new", *(tag["name"] for tag in json.loads(told.tags))),
    )
