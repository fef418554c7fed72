"""A report as a self-contained page of HTML, without scripts and without anything to fetch.

Text of articles is hostile: lxml escapes it, and it is never put into an attribute.
"""

from collections.abc import Iterator

from archive.cli.output.reports.report import Report, ReportedChange, passages
from archive.languages import format_number
from archive.markup.diff import diff_content
from archive.markup.elements import XHTML, Content, XmlElement, xhtml_page
from archive.paper import LANGUAGE
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
    body = XHTML("body", XHTML("h1", report.title), *_sections(report))
    return xhtml_page(XHTML("html", {"lang": report.language}, _head(report.title), body)).decode() + "\n"


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
        yield XHTML("h2", f"{report.heading(kind)} ({format_number(len(found), report.language)})")
        for reported in found:
            yield XHTML("h3", {"lang": LANGUAGE}, _headline(reported))
            yield XHTML("p", XHTML("time", minute_of(reported.event.at)), f" !{reported.event.article}")
            yield from edit_paragraphs(report, reported)


def _headline(reported: ReportedChange) -> Content:
    title = reported.event.title
    return XHTML("a", {"href": reported.url}, title) if reported.url else title


def edit_paragraphs(report: Report, reported: ReportedChange) -> Iterator[XmlElement]:
    for edit in reported.edits:
        yield XHTML("p", {"lang": report.language}, XHTML("span", {"class": "field"}, report.label(edit)))
        for passage in passages(edit):
            yield XHTML("p", {"lang": LANGUAGE}, *diff_content(passage))
