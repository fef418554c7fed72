"""Arguments and options that several commands share."""

import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import click
from click.core import ParameterSource

from archive.errors import UnknownTimeZone
from archive.languages import DEFAULT_LANGUAGE, LANGUAGE_VARIABLE, LANGUAGES
from archive.model import Kind, PageKey
from archive.pagekey import key_in
from archive.paper import TIME_ZONE
from archive.reading.wording_digest import digest_digits
from archive.timestamps import (
    DURATION_UNITS,
    ZONE_VARIABLE,
    display_time,
    parse_duration,
    parse_time,
    zone_named,
)
from archive.worker_processes import processors

Command = TypeVar("Command", bound=Callable[..., object])
_SIZE = re.compile(r"(?P<number>[0-9]{1,12}(?:\.[0-9]+)?) ?(?P<unit>[kKmMgGtT]?)[bB]?")
_UNIT_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_PROVISIONAL_ID = re.compile(r"-[0-9]{1,12}")


def utc_time(*, end: bool = False, past: bool = False) -> Callable[[str], datetime]:
    """Return the type of an option that takes a time, as :func:`parse_time` reads it.

    A day, minute or second stands for its first moment; with ``end`` for its last, as ``--as-of 2025-04-10``
    means. ``past`` refuses times in the future.
    """

    def time(text: str) -> datetime:
        now = datetime.now(UTC)
        found = parse_time(text, now=now, end=end)
        if past and found > now:
            raise ValueError(f'"{text}" is in the future; it is now {display_time(now)}')
        return found

    return time


def duration(text: str) -> timedelta:
    """Parse a length of time: ``90s``, ``10m``, ``2h``, ``1d``; a number without a unit is seconds."""
    words = text.strip()
    try:
        return parse_duration(words if words[-1:] in DURATION_UNITS else f"{words}s")
    except ValueError as error:
        raise ValueError(f'invalid duration "{text}": use 90s, 10m, 2h or 1d') from error
    except OverflowError as error:
        raise ValueError(f'"{text}" is too long') from error


def positive_duration(text: str) -> timedelta:
    """Parse a length of time as :func:`duration` does; refuse none at all."""
    if not (found := duration(text)):
        raise ValueError(f'"{text}" is no time at all: use 90s, 10m, 2h or 1d')
    return found


def byte_count(text: str) -> int:
    """Parse a number of bytes: ``500MB``, ``2GB``, ``0``; units are powers of 1,000."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(f'invalid size "{text}": use 500MB or 2GB')
    return round(float(match["number"]) * _UNIT_BYTES[match["unit"].lower()])


def article(text: str) -> PageKey:
    """Parse an article: ``6081430``, ``!6081430``, or any URL or path that contains ``!6081430``."""
    words = text.strip()
    key = key_in(f"!{words}" if words.isdecimal() else unquote(words))
    if key is None or key.kind is not Kind.ARTICLE:
        raise ValueError(f'invalid article "{text}": use 6081430, or an address that contains !6081430')
    return key


def any_article(text: str) -> PageKey:
    """Parse an article; a negative number is the provisional id of one that was imported without an id."""
    if _PROVISIONAL_ID.fullmatch(text.strip()):
        return PageKey(Kind.ARTICLE, int(text))
    return article(text)


def article_or_digest(text: str) -> PageKey | str:
    """Parse an article as :func:`any_article` does, or a version's digest, of which 16 digits are enough."""
    return digest_digits(text) or any_article(text)


class CheckedCommand(click.Command):
    """A command that checks its options together as soon as they are parsed, before it runs.

    ``check`` gets the parsed parameters by name, and raises :exc:`click.UsageError`. ``schedule`` parses the
    commands that it schedules, and so refuses what they would refuse.
    """

    def __init__(self, *args: Any, check: Callable[[Mapping[str, Any]], None], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.check = check

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        try:
            self.check(ctx.params)
        except click.UsageError as error:
            error.ctx = ctx
            raise
        return rest


def refuse_reversed(since: datetime | None, until: datetime | None, *, end: str = "--until") -> None:
    """Raise :exc:`click.UsageError` if ``--since`` is after the option named ``end``."""
    if since and until and since > until:
        raise click.UsageError(
            f"--since {display_time(since)} is after {end} {display_time(until)}; swap them"
        )


def _use_zone(ctx: click.Context, option: click.Parameter, name: str | None) -> None:
    """Let all that follows in this process read and show times of a zone, until the command ends."""
    if name is None:
        return
    try:
        zone_named(name)
    except UnknownTimeZone as error:
        is_set = ctx.get_parameter_source(option.name or "") is ParameterSource.ENVIRONMENT
        raise click.BadParameter(str(error), param_hint=ZONE_VARIABLE if is_set else None) from error
    before = os.environ.get(ZONE_VARIABLE)
    os.environ[ZONE_VARIABLE] = name
    # Of the group, since a command whose other options are refused has no end of its own.
    ctx.find_root().call_on_close(lambda: _restore_zone(before))


def _restore_zone(name: str | None) -> None:
    os.environ.pop(ZONE_VARIABLE, None)
    if name is not None:
        os.environ[ZONE_VARIABLE] = name


def limit_option(default: int) -> Callable[[Command], Command]:
    """Return ``--limit``, which bounds the number of results."""
    return click.option(
        "--limit",
        type=click.IntRange(min=0),
        metavar="N",
        default=default,
        show_default=True,
        help="Show at most N; 0 shows all.",
    )


class PathOrUrl(click.Path):
    """The type of an argument that takes a path, as ``click.Path`` does, or a URL such as ``s3://bucket/x``.

    A URL stays text, since a path would lose one of its slashes.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a URL as it is, and anything else as a path."""
        return value if "://" in str(value) else super().convert(value, param, ctx)


def _refuse_empty(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Refuse an empty name, as of a variable that is not set: part of every name, it would mean all."""
    if value is not None and not value.strip():
        raise click.BadParameter(f"the name is empty; for all, leave out {option.opts[0]}")
    return value


# Eager, since the other options may be times.
zone_option = click.option(
    "--tz",
    metavar="NAME",
    envvar=ZONE_VARIABLE,
    is_eager=True,
    expose_value=False,
    callback=_use_zone,
    help=f"Time zone of the times you give and see.  [default: {TIME_ZONE}]",
)
archive_argument = click.argument("archive", type=click.Path(dir_okay=False, path_type=Path))
as_of_option = click.option(
    "--as-of", "at", type=utc_time(end=True), help="As of this time; a day stands for its end."
)


def language_option(default: str = DEFAULT_LANGUAGE) -> Callable[[click.decorators.FC], click.decorators.FC]:
    """Return the option ``--lang`` of a command whose documents or pages are in several languages."""
    return click.option(
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        envvar=LANGUAGE_VARIABLE,
        default=default,
        show_default=True,
        help="Language of headings and labels.",
    )


section_option = click.option(
    "--section",
    metavar="NAME",
    callback=_refuse_empty,
    help="Only articles in a section: part of its name, or !p4611.",
)
article_argument = click.argument("key", metavar="ID", type=any_article)
# Lets "-2625" be an article's provisional id; a mistyped option is still refused, as not an article.
ALLOW_NEGATIVE_IDS = {"ignore_unknown_options": True}
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print nothing unless something is wrong.")
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    default=processors,
    help="Work with N processes.  [default: the number of processors]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
