"""What commands that look at a single page have in common."""

from collections.abc import Sequence

from scrapy.settings import BaseSettings

from crawler.options import EXIT_AFTER_MISTAKE

SCHEMES = ("gopher", "gophers", "gemini")


def is_page(arguments: Sequence[str]) -> bool:
    """Return whether the arguments of a command are one URL of gopherspace or geminispace."""
    return len(arguments) == 1 and arguments[0].partition("://")[0] in SCHEMES


def leave_archive_closed(settings: BaseSettings | None) -> None:
    """Ignore the archive that the settings of a project name; one on the command line counts.

    A mistake in the settings ends the command with one line.
    """
    assert settings
    settings.set("ARCHIVE_PATH", None, priority="spider")
    settings.set(EXIT_AFTER_MISTAKE, value=True, priority="cmdline")
