"""A report as a self-contained page of HTML, without scripts and without anything to fetch.

Text of articles is hostile: it is escaped, and never put into an attribute. The paragraphs are well-formed
XHTML as well, for feeds.
"""

from collections.abc import Iterator
from html import escape

from archive.cli.output.diffs import amount
from archive.cli.output.reports.report import HEADINGS, Report, ReportedChange, passages
from archive.cli.output.tables import count
from archive.markup.atom import clean_xml
from archive.text.word_diff import Mark, Piece, join_pieces

_TAGS = {Mark.SAME: None, Mark.OLD: "del", Mark.NEW: "ins"}
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 45rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 serif; }}
h3 {{ margin: 1.5rem 0 .2rem; font-size: 1.1rem; }}
p {{ margin: .3rem 0; }}
time, .field {{ color: #666; font-family: sans-serif; font-size: .85rem; }}
del {{ color: #a00; background: #fee; }}
ins {{ color: #060; background: #efe; text-decoration: none; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def write_html(report: Report) -> str:
    """Return the report, with a section for each kind of change: new, edited, gone, back."""
    title = f"{count(len(report.changes), 'change')} {report.period}"
    return _PAGE.format(title=_text(title), body="\n".join(_sections(report)))


def _sections(report: Report) -> Iterator[str]:
    yield f"<p>{_text(report.archive)}</p>"
    for kind, found in report.by_kind():
        yield f"<h2>{HEADINGS[kind]} ({len(found):,})</h2>"
        for reported in found:
            yield f"<h3>{_headline(reported)}</h3>"
            yield f"<p><time>{_text(_minute(reported))}</time> !{reported.event.article}</p>"
            yield from edit_paragraphs(reported)


def _headline(reported: ReportedChange) -> str:
    title = _text(reported.event.title)
    return f'<a href="{escape(reported.url)}">{title}</a>' if reported.url else title


def _minute(reported: ReportedChange) -> str:
    """``2025-04-10 12:00 UTC``."""
    at = reported.event.at
    return f"{at[:10]} {at[11:16]} UTC"


def edit_paragraphs(reported: ReportedChange) -> Iterator[str]:
    """Yield paragraphs of XHTML for each changed field."""
    for edit in reported.edits:
        yield f'<p><span class="field">{_text(edit.field)} {_text(amount(edit))}</span></p>'
        for passage in passages(edit):
            yield f"<p>{join_pieces(passage, _piece)}</p>"


def _piece(piece: Piece) -> str:
    tag = _TAGS[piece.mark]
    return f"<{tag}>{_text(piece.text)}</{tag}>" if tag else _text(piece.text)


def _text(text: str) -> str:
    return escape(clean_xml(text))
