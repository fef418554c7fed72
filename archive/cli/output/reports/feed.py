"""A report as an Atom feed, an entry for each thing that happened."""

from archive.atom import Entry, Feed, event_id, own_id, write_feed
from archive.cli.output.reports.happenings import HEADINGS, Happening, Report
from archive.cli.output.reports.hypertext import edit_paragraphs
from archive.timestamps import moment


def write_atom(report: Report) -> str:
    """The whole feed. Its id is the same whenever it is made."""
    feed = Feed(
        id=own_id("changes"),
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
        id=event_id(event.what, event.article, event.at),
        title=f"{name}: {event.title}",
        updated=moment(event.at),
        link=happening.url,
        content="".join(edit_paragraphs(happening)) or f"<p>{name}.</p>",
        xhtml=True,
        categories=(event.what,),
    )
