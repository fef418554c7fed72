"""A report as Markdown, which is readable in a mail too."""

from archive.cli.output.diffs import amount
from archive.cli.output.printing import count, when
from archive.cli.output.reports.report import HEADINGS, Report, ReportedChange, passages
from archive.dump.grammar import clean
from archive.export.markdown import escaped
from archive.text.word_diff import FieldChange, Mark, Piece, join_pieces

_MARKS = {Mark.SAME: "", Mark.OLD: "~~", Mark.NEW: "**"}


def write_report(report: Report) -> str:
    """Return the report, with a section for each kind of change; empty if nothing changed."""
    if not report.changes:
        return ""
    changes = count(len(report.changes), "change")
    lines = [f"# {changes} {report.period}", ""]
    for kind, found in report.by_kind():
        lines += [f"## {HEADINGS[kind]} ({len(found):,})", "", *(_item(each) for each in found), ""]
    return "\n".join(lines)


def _item(reported: ReportedChange) -> str:
    event = reported.event
    title = escaped(clean(event.title))
    linked = f"[{title}](<{reported.url}>)" if reported.url else title
    return "\n".join([f"- {linked} ({when(event.at)}, !{event.article})", *map(_edit, reported.edits)])


def _edit(edit: FieldChange) -> str:
    shown = " … ".join(join_pieces(passage, _piece) for passage in passages(edit))
    return f"  - {edit.field} {amount(edit)}: {shown}"


def _piece(piece: Piece) -> str:
    """Return words on one line, with their own markup escaped."""
    mark = _MARKS[piece.mark]
    text = escaped(clean(" ".join(piece.text.split()))).replace("~", r"\~")
    return f"{mark}{text}{mark}" if text else ""
