"""A report as a page of HTML that shows itself: no script, no style from elsewhere, nothing to fetch.

All text of articles is hostile, and stands escaped between tags of ours; no attribute holds any of it.
The same pieces are well-formed XHTML, for feeds.
"""

from collections.abc import Iterator
from html import escape

from archive.atom import clean_xml
from archive.cli.output.diffs import amount
from archive.cli.output.reports.happenings import HEADINGS, Happening, Report, passages
from archive.cli.output.tables import count
from archive.text.word_diff import Mark, Piece, spaced

TAGS = {Mark.SAME: None, Mark.OLD: "del", Mark.NEW: "ins"}
PAGE = """\
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
    """The report by kind of event: new, edited, gone, back."""
    title = f"{count(len(report.happenings), 'change')} {report.span}"
    return PAGE.format(title=_text(title), body="\n".join(_sections(report)))


def _sections(report: Report) -> Iterator[str]:
    yield f"<p>{_text(report.archive)}</p>"
    for kind, found in report.by_kind():
        yield f"<h2>{HEADINGS[kind]} ({len(found):,})</h2>"
        for happening in found:
            yield f"<h3>{_headline(happening)}</h3>"
            yield f"<p><time>{_text(stamp_to_minute(happening))}</time> !{happening.event.article}</p>"
            yield from edit_paragraphs(happening)


def _headline(happening: Happening) -> str:
    title = _text(happening.event.title)
    return f'<a href="{escape(happening.url)}">{title}</a>' if happening.url else title


def stamp_to_minute(happening: Happening) -> str:
    """``2025-04-10 12:00 UTC``."""
    at = happening.event.at
    return f"{at[:10]} {at[11:16]} UTC"


def edit_paragraphs(happening: Happening) -> Iterator[str]:
    """What an edit changed, a paragraph each."""
    for edit in happening.edits:
        yield f'<p><span class="field">{_text(edit.field)} {_text(amount(edit))}</span></p>'
        for passage in passages(edit):
            yield f"<p>{spaced(passage, _piece)}</p>"


def _piece(piece: Piece) -> str:
    tag = TAGS[piece.mark]
    return f"<{tag}>{_text(piece.text)}</{tag}>" if tag else _text(piece.text)


def _text(text: str) -> str:
    return escape(clean_xml(text))
