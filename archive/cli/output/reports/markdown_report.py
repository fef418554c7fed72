"""A report as Markdown, which is readable in a mail too."""

from archive.cli.output.printing import when
from archive.cli.output.reports.report import Report, ReportedChange, passages
from archive.dump.grammar import clean
from archive.export.markdown import escaped
from archive.languages import format_number
from archive.text.word_diff import FieldChange, Mark, Piece, join_pieces

_MARKS = {Mark.SAME: "", Mark.OLD: "~~", Mark.NEW: "**"}


def write_report(report: Report) -> str:
    """Return the report, with a section for each kind of change; empty if nothing changed."""
    if not report.changes:
        return ""
    lines = [f"# {report.title}", ""]
    for kind, found in report.by_kind():
        count = format_number(len(found), report.language)
        lines += [f"## {report.heading(kind)} ({count})", "", *(_item(report, each) for each in found), ""]
    return "\n".join(lines)


def _item(report: Report, reported: ReportedChange) -> str:
    event = reported.event
    title = escaped(clean(event.title))
    linked = f"[{title}](<{reported.url}>)" if reported.url else title
    edits = (_edit(report, edit) for edit in reported.edits)
    return "\n".join([f"- {linked} ({when(event.at)}, !{event.article})", *edits])


def _edit(report: Report, edit: FieldChange) -> str:
    shown = " … ".join(join_pieces(passage, _piece) for passage in passages(edit))
    return f"  - {report.label(edit)}: {shown}"


def _piece(piece: Piece) -> str:
    """Return words on one line, with their own markup escaped."""
    mark = _MARKS[piece.mark]
    text = escaped(clean(" ".join(piece.text.split()))).replace("~", r"\~")
    return f"{mark}{text}{mark}" if text else ""
