"""Arguments and options that several commands share."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click


class UtcTime(click.ParamType):
    """A time as people write it: ``2025-04-10``, ``2025-04-10T18:00``, with or without a zone; UTC without.

    Also ``now``, ``today`` and ``yesterday``. A day alone is its first moment; ``end_of_day`` makes
    it the last, as a reader of ``--as-of 2025-04-10`` means.
    """

    name = "time"

    def __init__(self, *, end_of_day: bool = False) -> None:
        self.end_of_day = end_of_day

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value)
        now = datetime.now(UTC)
        days = {"today": now.date(), "yesterday": now.date() - timedelta(days=1)}
        if text == "now":
            return now
        text = days[text].isoformat() if text in days else text
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f'"{value}" is no time; write 2025-04-10 or 2025-04-10T18:00', param, ctx)
        if self.end_of_day and len(text) == len("2025-04-10"):
            time += timedelta(days=1, milliseconds=-1)
        return time if time.tzinfo else time.replace(tzinfo=UTC)


archive_argument = click.argument("archive", metavar="DB", type=click.Path(dir_okay=False, path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
