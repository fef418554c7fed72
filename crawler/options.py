"""The options of a crawl, which ``taz-archive crawl`` and ``scrapy crawl taz`` both turn into settings.

``SETTINGS`` names the setting of each option, ``ARGUMENTS`` those that ``scrapy crawl taz -a`` may set.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self

from archive.gateways import gateways
from archive.policy.revisit import DEFAULT_PATIENCE
from archive.store import NO_SHARD, ONLY_SHARD, Shard
from crawler.politeness import PAUSE
from crawler.quiet_hours import Hours

DEFAULT_SOURCES = ("gopher",)
# Commands set this, so that a mistake in the other settings ends the process with one line. A script that
# uses Scrapy's classes gets the error.
EXIT_AFTER_MISTAKE = "EXIT_AFTER_MISTAKE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOptions:
    """What to crawl into which archive; None means no limit.

    ``sources`` and ``seeds`` are what ``--via`` and ``--seed`` take. ``pages`` limits the run, ``budget`` the
    pages of all runs in 24 hours, ``backfill`` those of the paper's past, fetched after current ones.
    ``frontier`` is the URL of one that several machines share; pages have no shard then. ``caching`` names
    gateways that cache, so that requests to them do not count as the paper's. ``ignore_schedule`` fetches
    pages that are not due, too. No request is sent in the ``quiet_hours``.
    ``delay`` is the pause between requests. ``patience`` stretches the schedule, as a budget demands: see
    :mod:`archive.policy.revisit`.
    """

    archive: Path | None = None
    sources: tuple[str, ...] = DEFAULT_SOURCES
    seeds: tuple[str, ...] = ()
    pages: int | None = None
    backfill: int | None = None
    budget: int | None = None
    quiet_hours: Hours | None = None
    shard: Shard = ONLY_SHARD
    frontier: str | None = None
    caching: tuple[str, ...] = ()
    ignore_schedule: bool = False
    delay: timedelta = PAUSE
    patience: float = DEFAULT_PATIENCE

    def __post_init__(self) -> None:
        if self.frontier and self.shard != ONLY_SHARD:
            raise ValueError(f"{SETTINGS['shard']}: a shared frontier divides the pages; leave the shard out")

    @property
    def own_shard(self) -> Shard:
        """The pages that the archive's own frontier gives."""
        return NO_SHARD if self.frontier else self.shard

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Read the options from Scrapy's settings. Raise :exc:`ValueError` for a value that is not valid."""
        given = {option: settings.get(setting) for option, setting in SETTINGS.items()}
        return cls(**{option: _read(option, value) for option, value in given.items() if value is not None})

    def as_settings(self) -> dict[str, Any]:
        """Return Scrapy settings that :meth:`from_settings` reads as these options; plain values only."""
        return {setting: _plain(getattr(self, option)) for option, setting in SETTINGS.items()}


def _read(option: str, value: object) -> Any:
    """Return the value of an option, or its default for an empty one. Name the setting of an invalid one."""
    if value == "" and option != "delay":  # Scrapy reads DOWNLOAD_DELAY, too, as a number
        return _DEFAULTS[option]
    try:
        return _OPTIONS[option].read(value)
    except ValueError as error:
        raise ValueError(f"{SETTINGS[option]}: {error}") from error


def _words(value: object) -> tuple[str, ...]:
    return tuple(value.split()) if isinstance(value, str) else tuple(map(str, value))  # type: ignore[call-overload]


def _sources(value: object) -> tuple[str, ...]:
    """Return the names of sources, at least one."""
    if not (names := _words(value)):
        raise ValueError("no source is named: use gopher, or several that are separated by spaces")
    return names


def gateway_names(value: object) -> tuple[str, ...]:
    """Return the names of gateways. Raise :exc:`ValueError` for an unknown one."""
    names = _words(value)
    if unknown := next((name for name in names if name not in gateways()), None):
        raise ValueError(f'unknown gateway "{unknown}": use one of {", ".join(gateways())}')
    return names


def _pages(value: object) -> int:
    """Return a number of pages, at least one."""
    text = str(value)
    if not re.fullmatch(r"0*[1-9][0-9]{0,99}", text):
        raise ValueError(f'invalid number of pages "{text[:20]}": use 1 or more')
    return int(text)


def _flag(value: object) -> bool:
    """Return the truth of a setting, which may be text, as Scrapy reads it."""
    words = {"1": True, "true": True, "0": False, "false": False}
    if (found := words.get(str(value).lower())) is None:
        raise ValueError(f'invalid value "{value}": use 1 or 0')
    return found


def _seconds(value: object) -> timedelta:
    """Return a length of time that is not negative."""
    try:
        return timedelta(seconds=_not_negative(float(str(value))))
    except (ValueError, OverflowError) as error:
        raise ValueError(f'invalid delay "{value}": use seconds, such as 1 or 2.5') from error


def _not_negative(number: float) -> float:
    if not 0 <= number < math.inf:
        raise ValueError(number)
    return number


def _plain(value: object) -> object:
    """Return a value as it may stand in a settings file or on a command line."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, tuple) and not isinstance(value, Hours | Shard):
        return list(value)
    return value if value is None or isinstance(value, bool | int) else str(value)


class _Option(NamedTuple):
    """The ``setting`` of an option, how to ``read`` it, and the ``argument`` that sets it."""

    setting: str
    read: Callable[[object], Any]
    argument: str | None


_OPTIONS = {
    "archive": _Option("ARCHIVE_PATH", lambda value: Path(str(value)), "archive"),
    "sources": _Option("CRAWL_SOURCES", _sources, "via"),
    "seeds": _Option("CRAWL_SEEDS", _words, "seed"),
    "pages": _Option("CRAWL_MAX_PAGES", _pages, "max_pages"),
    "backfill": _Option("CRAWL_BACKFILL", _pages, "backfill"),
    "budget": _Option("CRAWL_BUDGET", _pages, "budget"),
    "quiet_hours": _Option("CRAWL_QUIET_HOURS", lambda value: Hours.of(str(value)), "quiet_hours"),
    "shard": _Option("CRAWL_SHARD", lambda value: Shard.named(str(value)), "shard"),
    "frontier": _Option("CRAWL_FRONTIER", str, "frontier"),
    "caching": _Option("CRAWL_CACHING_GATEWAYS", gateway_names, "caching"),
    "ignore_schedule": _Option("CRAWL_IGNORE_SCHEDULE", _flag, "ignore_schedule"),
    "delay": _Option("DOWNLOAD_DELAY", _seconds, None),
}
_DEFAULTS: Mapping[str, Any] = {field.name: field.default for field in fields(CrawlOptions)}
SETTINGS = {name: option.setting for name, option in _OPTIONS.items()}
ARGUMENTS = {option.argument: option.setting for option in _OPTIONS.values() if option.argument}
