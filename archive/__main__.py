"""The ``taz-archive`` program, with fast paths for crawls with nothing to do and for checks of proofs."""

import re
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

# `crawl ARCHIVE` with options that do not affect what is due, such as those that `schedule` adds. All other
# command lines are parsed by click.
PLAIN_CRAWL = re.compile(
    r"crawl\0(?P<archive>[^-\0][^\0]*)(?:\0--via\0(?P<source>[a-z][a-z0-9-]*))?"
    r"(?:\0--max-time\0[0-9]+[smh]|\0--max-pages\0[1-9][0-9]*"
    r"|\0--delay\0[1-9][0-9]?s?|\0--timeout\0[1-9][0-9]?s?|\0--budget\0[1-9][0-9]*"
    r"|\0--quiet|\0-q|\0--log\0[^-\0][^\0]*|\0--notify\0(?:-|[^-\0][^\0]*))*"
)


def main() -> None:
    """Run the command line. On a terminal it is always loaded, to explain that nothing is due."""
    if sys.argv[1:2] == ["check"]:
        from archive.proofs.checking import end_with_check  # noqa: PLC0415 - an idle crawl checks no proof

        if end_with_check(sys.argv[1:]):
            return
    if not (sys.stderr and sys.stderr.isatty()) and _ends_idle(sys.argv[1:]):
        return
    from archive.cli.main import main as command  # noqa: PLC0415 - loading takes half a second

    command()


def _ends_idle(words: Sequence[str]) -> bool:
    """Return whether the words are a crawl that found nothing to do and has ended."""
    crawl = PLAIN_CRAWL.fullmatch("\0".join(words))
    if not crawl:
        return False
    from archive.store import record_if_idle  # noqa: PLC0415 - a check of a proof needs none of it

    archive, source = Path(crawl["archive"]), crawl["source"] or "gopher"
    if not {"--log", "--notify"} & set(words):
        return record_if_idle(archive, source)
    is_quiet = not {"--quiet", "-q"}.isdisjoint(words)
    if "--log" in words and ("--budget" in words or not is_quiet):
        return False  # a budget that is used up is logged, and a log that cannot be written is printed
    from archive.cli.idle_crawl import ScheduledCrawl, end_if_idle  # noqa: PLC0415 - a plain crawl needs less

    log = dict(pairwise(words)).get("--log")
    targets = [value for name, value in pairwise(words) if name == "--notify"]
    return end_if_idle(ScheduledCrawl(archive, source, Path(log) if log else None, targets))


if __name__ == "__main__":
    main()
