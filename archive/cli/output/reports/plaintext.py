"""A report as Markdown, which reads well in a mail too."""

from archive.cli.output.diffs import amount
from archive.cli.output.markdown import escaped
from archive.cli.output.reports.happenings import HEADINGS, Happening, Report, passages
from archive.cli.output.tables import count, when
from archive.dump.grammar import clean
from archive.text.word_diff import Change, Mark, Piece, spaced

MARKS = {Mark.SAME: "", Mark.OLD: "~~", Mark.NEW: "**"}


def write_report(report: Report) -> str:
    """The report by kind of event: new, edited, gone, back. Empty if nothing happened."""
    if not report.happenings:
        return ""
    changes = count(len(report.happenings), "change")
    lines = [f"# {changes} {report.span}", ""]
    for kind, found in report.by_kind():
        lines += [f"## {HEADINGS[kind]} ({len(found):,})", "", *(_item(each) for each in found), ""]
    return "\n".join(lines)


def _item(happening: Happening) -> str:
    event = happening.event
    title = escaped(clean(event.title))
    linked = f"[{title}](<{happening.url}>)" if happening.url else title
    return "\n".join([f"- {linked} ({when(event.at)}, !{event.article})", *map(_edit, happening.edits)])


def _edit(edit: Change) -> str:
    shown = " … ".join(spaced(passage, _piece) for passage in passages(edit))
    return f"  - {edit.field} {amount(edit)}: {shown}"


def _piece(piece: Piece) -> str:
    """Words of the page on one line; their own marks mean nothing here."""
    mark = MARKS[piece.mark]
    text = escaped(clean(" ".join(piece.text.split()))).replace("~", r"\~")
    return f"{mark}{text}{mark}" if text else ""
