"""``taz-archive``, and the one thing it can tell before all of it is loaded: that nothing is due."""

import re
import sys
from pathlib import Path

from archive.store import record_if_idle

# ``crawl DB`` and options that change nothing about what is due; whatever else is said is for click to read.
PLAIN = re.compile(
    r"crawl\0(?P<archive>[^-\0][^\0]*)(?:\0--via\0(?P<source>[a-z][a-z0-9-]*))?"
    r"(?:\0--max-time\0[0-9]+[smh]|\0--max-pages\0[1-9][0-9]*"
    r"|\0--delay\0[1-9][0-9]?s?|\0--timeout\0[1-9][0-9]?s?|\0--budget\0[1-9][0-9]*)*"
)


def main() -> None:
    """Run the command. On a terminal somebody may want to be told more than that there is nothing to do."""
    said = PLAIN.fullmatch("\0".join(sys.argv[1:]))
    if (
        said
        and not (sys.stderr and sys.stderr.isatty())
        and record_if_idle(Path(said["archive"]), said["source"] or "gopher")
    ):
        return
    from archive.cli.main import main as command  # noqa: PLC0415 - it takes half a second

    command()
