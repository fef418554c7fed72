"""A report as an Atom feed, one entry for each change."""

from archive.cli.output.reports.html_page import edit_paragraphs
from archive.cli.output.reports.report import Report, ReportedChange
from archive.languages import translations
from archive.markup.atom import Entry, Feed, event_id, feed_bytes, own_id
from archive.markup.elements import XHTML
from archive.paper import LANGUAGE
from archive.timestamps import parse_stamp


def write_atom(report: Report) -> str:
    """Return the feed. Its id is always the same."""
    feed = Feed(
        id=own_id("changes"),
        title=translations(report.language).gettext("taz: changes to articles"),
        updated=max((parse_stamp(each.event.at) for each in report.changes), default=report.now),
        author="taz-archive",
        generator="taz-archive",
        language=report.language,
        entry_language=LANGUAGE,
    )
    return feed_bytes(feed, (_entry(report, each) for each in report.changes)).decode()


def _entry(report: Report, reported: ReportedChange) -> Entry:
    event = reported.event
    name = report.heading(event.what)
    return Entry(
        id=event_id(event.what, event.article, event.at),
        title=f"{name}: {event.title}",
        updated=parse_stamp(event.at),
        link=reported.url,
        content=XHTML("div", *(list(edit_paragraphs(report, reported)) or [XHTML("p", f"{name}.")])),
        categories=(event.what,),
    )
