"""The ``taz-archive`` program, with a fast path for crawls that have nothing to do."""

import re
import sys
from pathlib import Path

from archive.store import record_if_idle

# `crawl ARCHIVE` with options that do not affect what is due. Click parses all other command lines.
PLAIN_CRAWL = re.compile(
    r"crawl\0(?P<archive>[^-\0][^\0]*)(?:\0--via\0(?P<source>[a-z][a-z0-9-]*))?"
    r"(?:\0--max-time\0[0-9]+[smh]|\0--max-pages\0[1-9][0-9]*"
    r"|\0--delay\0[1-9][0-9]?s?|\0--timeout\0[1-9][0-9]?s?|\0--budget\0[1-9][0-9]*)*"
)


def main() -> None:
    """Run the command line. On a terminal it is always loaded, to explain that nothing is due."""
    crawl = PLAIN_CRAWL.fullmatch("\0".join(sys.argv[1:]))
    if (
        crawl
        and not (sys.stderr and sys.stderr.isatty())
        and record_if_idle(Path(crawl["archive"]), crawl["source"] or "gopher")
    ):
        return
    from archive.cli.main import main as command  # noqa: PLC0415 - loading takes half a second

    command()


if __name__ == "__main__":
    main()
