"""A report as a self-contained page of HTML, without scripts and without anything to fetch.

Text of articles is hostile: lxml escapes it, and it is never put into an attribute.
"""

from collections.abc import Iterator

from archive.cli.output.diffs import amount
from archive.cli.output.printing import count
from archive.cli.output.reports.report import HEADINGS, Report, ReportedChange, passages
from archive.markup.diff import diff_content
from archive.markup.elements import XHTML, Content, XmlElement, xhtml_page
from archive.timestamps import minute_of

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body { max-width: 45rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 serif; }
h3 { margin: 1.5rem 0 .2rem; font-size: 1.1rem; }
p { margin: .3rem 0; }
time, .field { color: #666; font-family: sans-serif; font-size: .85rem; }
del { color: #a00; background: #fee; }
ins { color: #060; background: #efe; text-decoration: none; }
"""


def write_html(report: Report) -> str:
    """Return the report, with a section for each kind of change: new, edited, gone, back."""
    title = f"{count(len(report.changes), 'change')} {report.period}"
    body = XHTML("body", XHTML("h1", title), *_sections(report))
    return xhtml_page(XHTML("html", {"lang": "en"}, _head(title), body)).decode() + "\n"


def _head(title: str) -> XmlElement:
    return XHTML(
        "head",
        XHTML("meta", {"charset": "utf-8"}),
        XHTML("meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        XHTML("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        XHTML("title", title),
        XHTML("style", _STYLE),
    )


def _sections(report: Report) -> Iterator[XmlElement]:
    yield XHTML("p", report.archive)
    for kind, found in report.by_kind():
        yield XHTML("h2", f"{HEADINGS[kind]} ({len(found):,})")
        for reported in found:
            yield XHTML("h3", _headline(reported))
            yield XHTML("p", XHTML("time", minute_of(reported.event.at)), f" !{reported.event.article}")
            yield from edit_paragraphs(reported)


def _headline(reported: ReportedChange) -> Content:
    title = reported.event.title
    return XHTML("a", {"href": reported.url}, title) if reported.url else title


def edit_paragraphs(reported: ReportedChange) -> Iterator[XmlElement]:
    for edit in reported.edits:
        yield XHTML("p", XHTML("span", {"class": "field"}, f"{edit.field} {amount(edit)}"))
        for passage in passages(edit):
            yield XHTML("p", *diff_content(passage))
