"""``changes --post``: post edits of an archive, and print where they are."""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from archive.cli.exit_codes import FAILED, code_for
from archive.cli.output.printing import count, print_page
from archive.cli.output.progress import print_warning
from archive.cli.output.reports.posts import postable_edits, write_pictures
from archive.cli.output.reports.report import ChangeFilter, Period, reported_changes
from archive.cli.post_options import PostOptions
from archive.errors import PostingError, PostRefused
from archive.posting.bluesky import Bluesky
from archive.posting.credentials import Credentials
from archive.posting.edit import PostableEdit
from archive.posting.mastodon import Mastodon
from archive.posting.post_record import PostRecord, posted_path
from archive.posting.posting import Poster
from archive.posting.service import PostingService
from archive.store import open_reader

_SERVICES: dict[str, Callable[[Credentials], PostingService]] = {"mastodon": Mastodon, "bluesky": Bluesky}


class PostingJob(NamedTuple):
    """Which edits of an archive to post. ``since`` is None for all since the last run."""

    archive: Path
    since: datetime | None
    until: datetime | None
    limit: int
    wanted: ChangeFilter
    options: PostOptions

    def edits(self, since: datetime) -> Sequence[PostableEdit]:
        with open_reader(self.archive) as opened:
            found = reported_changes(opened, Period(since, self.until), self.wanted)
            return postable_edits(opened, found, any_edit=self.options.any_edit)


def post_changes(job: PostingJob) -> None:
    """Post to each service, and then raise the worst problem that one of them had."""
    with open_reader(job.archive):
        pass  # raises for what is no archive, before anything is written
    options = job.options
    record = options.posted or posted_path(job.archive)
    if options.dry_run:
        problems = _post_to_all(job, PostRecord.read(record))
    else:
        with PostRecord.locked(record) as opened:
            problems = _post_to_all(job, opened)
    if problems:
        *others, worst = sorted(problems, key=lambda problem: code_for(problem) == FAILED)
        for problem in others:
            print_warning(str(problem))
        raise worst


def _post_to_all(job: PostingJob, record: PostRecord) -> list[PostingError]:
    problems = []
    for name in dict.fromkeys(job.options.services):
        try:
            _post_to(name, job, record)
        except PostingError as problem:
            problems.append(problem)
    return problems


def _post_to(name: str, job: PostingJob, record: PostRecord) -> None:
    credentials = Credentials(job.options.credentials.expanduser(), os.environ)
    with closing(_SERVICES[name](credentials)) as service:
        poster = Poster(service, record, repr((job.wanted, job.options.any_edit)))
        now = datetime.now(UTC)
        if job.options.dry_run:
            _show(poster, poster.pending(job.edits, now, job.since), job)
            return
        poster.begin(now, job.since)
        pending = poster.pending(job.edits, now, job.since)
        refused, left = _post(poster, pending, job) if pending else (0, 0)
        if left:
            click.echo(f"{name}: {left:,} more at the next run", err=True)
        else:
            poster.complete(min(now, job.until or now))
        if refused:
            raise PostRefused(f"{name}: {count(refused, 'post')} refused; tried again for 24 hours")


def _show(poster: Poster, pending: Sequence[PostableEdit], job: PostingJob) -> None:
    """Print what would be posted."""
    name, shown = poster.service.name, pending[: job.limit or None]
    for edit in shown:
        print_page(f"{poster.service.text(edit)}\n\n")
    if job.options.pictures:
        write_pictures(shown, job.options.pictures)
    replies = sum(poster.reply_to(edit) is not None for edit in shown)
    click.echo(
        f"{name}: {count(len(shown), 'post')}, {count(replies, 'reply', 'replies')}; nothing was sent",
        err=True,
    )


def _post(poster: Poster, pending: Sequence[PostableEdit], job: PostingJob) -> tuple[int, int]:
    """Post, and print the address of each post; return how many were refused, and how many are left."""
    refused, left = 0, len(pending)
    for edit, post, problem in poster.post(pending, job.limit):
        left -= 1
        if job.options.pictures:
            write_pictures([edit], job.options.pictures)
        if post:
            print_page(f"{post.url}  {edit.title}\n")
        else:
            refused += 1
            print_warning(f"{problem} (article {edit.article})")
    return refused, left
