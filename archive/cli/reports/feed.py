"""A report as an Atom feed, an entry for each thing that happened."""

from archive.atom import Entry, Feed, tag_uri, write_feed
from archive.cli.reports.happenings import HEADINGS, Happening, Report
from archive.cli.reports.hypertext import edit_paragraphs
from archive.store.times import moment

# Ids are of the paper, not of who archives it: everybody's entry for an edit is the same.
HOST, DAY = "taz.de", "2025"


def write_atom(report: Report) -> str:
    """The whole feed. Its id is the same whenever it is made."""
    feed = Feed(
        id=tag_uri(HOST, DAY, "taz-archive", "changes"),
        title="taz: what happened to articles",
        updated=max((moment(each.event.at) for each in report.happenings), default=report.now),
        author="taz-archive",
        generator="taz-archive",
    )
    return write_feed(feed, map(_entry, report.happenings)).decode()


def _entry(happening: Happening) -> Entry:
    event = happening.event
    name = HEADINGS[event.what]
    return Entry(
        id=tag_uri(HOST, DAY, "taz-archive", "changes", event.article, event.number, event.what, event.at),
        title=f"{name}: {event.title}",
        updated=moment(event.at),
        link=happening.url,
        content="".join(edit_paragraphs(happening)) or f"<p>{name}.</p>",
        xhtml=True,
        categories=(event.what,),
    )
