"""The options of ``changes`` that are about posts, checked together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from archive.cli.options import Command
from archive.posting.post_text import MIN_POST_LENGTH

SERVICE_NAMES = ("mastodon", "bluesky")
DEFAULT_POST_LENGTH = 300  # Bluesky's limit, below those of other services
DEFAULT_POSTS = 10  # per service and run
CREDENTIALS_VARIABLE = "TAZ_ARCHIVE_CREDENTIALS"
_FILE = click.Path(dir_okay=False, path_type=Path)


class PostOptions(NamedTuple):
    """The values of the options. ``services`` are those to post to, ``length`` is that of printed posts."""

    services: tuple[str, ...]
    any_edit: bool
    length: int
    pictures: Path | None
    dry_run: bool
    credentials: Path | None
    posted: Path | None


def post_options(command: Command) -> Command:
    """Add the options to a command, which gets :class:`PostOptions`' fields."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option("--any-edit", is_flag=True, help="In posts: also edits that do not change the title."),
    click.option(
        "--length",
        type=click.IntRange(min=MIN_POST_LENGTH),
        metavar="N",
        default=DEFAULT_POST_LENGTH,
        show_default=True,
        help="For --format post: at most N characters.",
    ),
    click.option(
        "--pictures",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="With posts: write a picture of each edit, and its description, into FOLDER.",
    ),
    click.option(
        "--post",
        "services",
        multiple=True,
        type=click.Choice(SERVICE_NAMES),
        help="Post each edit once to this service; repeatable.",
    ),
    click.option("--dry-run", is_flag=True, help="For --post: only print what would be posted."),
    click.option(
        "--credentials",
        type=_FILE,
        envvar=CREDENTIALS_VARIABLE,
        help="For --post: file of mode 600 with credentials that the environment does not give."
        "  [default: ~/.config/taz-archive/credentials]",
    ),
    click.option(
        "--posted",
        type=_FILE,
        help="For --post: file that records what was posted.  [default: ARCHIVE.posted]",
    ),
)


def check_posts(given: Mapping[str, Any]) -> None:
    """Raise :exc:`click.UsageError` for options that only posts have, or that posts do not have."""
    prints, posts = given["form"] == "post", bool(given["services"])
    if not (prints or posts):
        _refuse(given, ("any_edit", "pictures"), "--format post or --post")
    if not posts:
        _refuse(given, ("dry_run", "posted"), "--post")
    if posts and (given["form"] not in ("text", "post") or given["as_json"]):
        raise click.UsageError("--post prints the addresses of posts; leave out --format and --json")
    if (prints or posts) and "edited" not in given["kinds"]:
        raise click.UsageError("posts are about edits; leave out --only, or add --only edited")


def _refuse(given: Mapping[str, Any], names: tuple[str, ...], only_for: str) -> None:
    for name in names:
        if given[name]:
            raise click.UsageError(f"--{name.replace('_', '-')} is for {only_for}")
