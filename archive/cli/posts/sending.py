"""``changes --post``: post edits of an archive, and print where they are."""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.cli.exit_codes import FAILED, code_for
from archive.cli.output.printing import count, print_page
from archive.cli.output.progress import print_warning
from archive.cli.output.reports.posts import PostSelection, write_pictures
from archive.cli.posts.post_options import DEFAULT_POSTS
from archive.errors import MissingCredential, PostingError, PostRefused
from archive.posting.bluesky import Bluesky
from archive.posting.credentials import Credentials
from archive.posting.edit import PostableEdit
from archive.posting.mastodon import Mastodon
from archive.posting.post_record import PostRecord, posted_path
from archive.posting.posting import Poster
from archive.posting.service import PostingService
from archive.store import open_reader

_SERVICES: dict[str, Callable[[Credentials], PostingService]] = {"mastodon": Mastodon, "bluesky": Bluesky}
# Of an account for which nothing is recorded: a dry run without credentials prints what it would post.
_MADE_UP_CREDENTIALS = {
    "TAZ_ARCHIVE_MASTODON_SERVER": "https://mastodon.invalid",
    "TAZ_ARCHIVE_MASTODON_TOKEN": "none",
    "TAZ_ARCHIVE_BLUESKY_SERVER": "https://bluesky.invalid",
    "TAZ_ARCHIVE_BLUESKY_HANDLE": "none",
    "TAZ_ARCHIVE_BLUESKY_PASSWORD": "none",
}


def send_posts(posts: PostSelection) -> None:
    """Post to each service, and then raise the worst problem that one of them had."""
    with open_reader(posts.archive):
        pass  # raises for what is no archive, before anything is written
    options = posts.options
    record = options.posted or posted_path(posts.archive)
    if options.dry_run:
        problems = _post_to_all(posts, PostRecord.read(record))
    else:
        with PostRecord.locked(record) as opened:
            problems = _post_to_all(posts, opened)
    if problems:
        *others, worst = sorted(problems, key=lambda problem: code_for(problem) == FAILED)
        for problem in others:
            print_warning(str(problem))
        raise worst


def _post_to_all(posts: PostSelection, record: PostRecord) -> list[PostingError]:
    problems = []
    for name in dict.fromkeys(posts.options.services):
        try:
            _post_to(name, posts, record)
        except PostingError as problem:
            problems.append(problem)
    return problems


def _limit(posts: PostSelection) -> int:
    return DEFAULT_POSTS if posts.limit is None else posts.limit


def _post_to(name: str, posts: PostSelection, record: PostRecord) -> None:
    """Post to a service. A dry run without credentials prints the posts of a new account before it fails."""
    file = posts.options.credentials or Path(click.get_app_dir("taz-archive")) / "credentials"
    try:
        service = _SERVICES[name](Credentials(file, os.environ))
    except MissingCredential:
        if posts.options.dry_run:
            _post_by(_SERVICES[name](Credentials(file, _MADE_UP_CREDENTIALS)), posts, record)
        raise
    _post_by(service, posts, record)


def _post_by(service: PostingService, posts: PostSelection, record: PostRecord) -> None:
    with closing(service):
        name, now = service.name, datetime.now(UTC)
        poster = Poster(service, record, repr((posts.wanted, posts.options.any_edit)))
        if posts.options.dry_run:
            _show(poster, poster.pending(posts.edits, now, posts.since), posts)
            return
        poster.begin(now, posts.since)
        pending = poster.unposted(poster.pending(posts.edits, now, posts.since))
        refused, left = _post(poster, pending, posts) if pending else (0, 0)
        if left:
            click.echo(f"{name}: {left:,} more at the next run", err=True)
        else:
            poster.complete(min(now, posts.until or now))
        if refused:
            raise PostRefused(f"{name}: {count(refused, 'post')} refused; tried again for 24 hours")


def _show(poster: Poster, pending: Sequence[PostableEdit], posts: PostSelection) -> None:
    """Print what would be posted."""
    name, shown = poster.service.name, pending[: _limit(posts) or None]
    for edit in shown:
        print_page(f"{poster.service.text(edit)}\n\n")
    if posts.options.pictures:
        write_pictures(shown, posts.options.pictures)
    replies = sum(poster.reply_to(edit) is not None for edit in shown)
    click.echo(
        f"{name}: {count(len(shown), 'post')}, {count(replies, 'reply', 'replies')}; nothing was sent",
        err=True,
    )


def _post(poster: Poster, pending: Sequence[PostableEdit], posts: PostSelection) -> tuple[int, int]:
    """Post, and print the address of each post; return how many were refused, and how many are left."""
    refused, left = 0, len(pending)
    for edit, post, problem in poster.post(pending, _limit(posts)):
        left -= 1
        if posts.options.pictures:
            write_pictures([edit], posts.options.pictures)
        if post:
            print_page(f"{post.url}  {edit.title}\n")
        else:
            refused += 1
            print_warning(f"{problem} (article {edit.article})")
    return refused, left
