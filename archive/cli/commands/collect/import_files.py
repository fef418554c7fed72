"""``import``: saved pages and exports, added to an archive."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.cli import exit_codes
from archive.cli.options import PathOrUrl, archive_argument, article, jobs_option, utc_time, zone_option
from archive.cli.output.printing import count
from archive.cli.output.progress import print_warning, progress
from archive.dump.grammar import clean
from archive.export.files.output import EXPORT_MARKS
from archive.imports import detect
from archive.imports.batches import batches_to_record, captures_ahead
from archive.imports.revisited_payloads import RevisitedPayloads
from archive.imports.saved_pages import PageOptions, files_in, saved_page
from archive.imports.synthetic_captures import SOURCE
from archive.model import Capture, Outcome, PageKey
from archive.progress import Advance
from archive.renditions.decode import renditions
from archive.renditions.read_capture import read_capture
from archive.store import Recorded, Writer, is_archive, open_writer, refuse_non_archive
from archive.worker_processes import Workers

if TYPE_CHECKING:
    from archive.imports.datasets import CaptureDataset

# What a capture counts as: words for one, and for several.
_SUMMARY = {
    "new": ("new article", "new articles"),
    "edited": ("new version", "new versions"),
    "same": ("unchanged", "unchanged"),
    "no article": ("without an article (menus, failed fetches)",) * 2,
    "known": ("imported before", "imported before"),
    "problems": ("with problems", "with problems"),
}


@click.command("import")
@archive_argument
@click.argument("paths", nargs=-1, required=True, type=PathOrUrl(exists=True, path_type=Path))
@click.option(
    "--id", "key", type=article, help="The article in these files, if their names do not contain it."
)
@click.option(
    "--captured-at", type=utc_time(past=True), help="When the pages were fetched.  [default: the file's time]"
)
@click.option(
    "--rendition",
    type=click.Choice(list(renditions())),
    metavar="NAME",
    help=f"Rendition of the pages: {', '.join(renditions())}.  [default: detected]",
)
@zone_option
@jobs_option
@click.pass_context
def import_files(
    ctx: click.Context,
    archive: Path,
    paths: tuple[Path | str, ...],
    key: PageKey | None,
    captured_at: datetime | None,
    rendition: str | None,
    jobs: int,
) -> None:
    """Add saved pages, WARC files or exports to an archive.

    PATHS are dump files, pages saved from a gateway, exports as jsonl, dump, warc
    or wacz, WARC or ARC files of other programs, or folders of these; or folders or
    URLs to which captures were exported. ARCHIVE is created if it is missing and a
    page is found; it must be given even if TAZ_ARCHIVE is set.

    An article's id is --id, or !6081430 in the file name (%21 is read too); a page
    without one is matched by title and date. Importing a file twice adds nothing.
    A file with another time is another capture, so give --captured-at if you know
    it. Exports and WARC files have ids and times of their own.

    \b
      taz-archive import taz.db dumps/
      taz-archive import taz.db saved/%216081430.txt --captured-at 2025-04-10
      taz-archive import taz.db page.txt --id 6081430 --rendition table
      taz-archive import taz.db s3://bucket/captures
    """
    options = PageOptions(key, captured_at, rendition)
    datasets = [place for place in paths if isinstance(place, str) or detect.is_dataset(Path(place))]
    if datasets and options != PageOptions():
        raise click.UsageError(
            f"--id, --captured-at and --rendition do not apply to captures in {datasets[0]}"
        )
    found = files_in([Path(place) for place in paths if place not in datasets], skipped=EXPORT_MARKS)
    files = [file for file in found if not _is_own(file, archive)]
    job = _ImportJob(files, [detect.open_dataset(str(place)) for place in datasets], options, Workers(jobs))
    refuse_non_archive(archive)
    if is_archive(archive) or any(map(_is_worth_keeping, job.captures(RevisitedPayloads(None)))):
        with open_writer(archive) as opened:
            counts = _record(opened, job)
    else:
        counts = _count_problems(job)
    click.echo(_summary(job.file_count, counts))
    ctx.exit(exit_codes.SOME_FAILED if counts["problems"] else exit_codes.DONE)


@dataclass(frozen=True, slots=True)
class _ImportJob:
    """The files and datasets to import, the options of the files, and the processes that work on them."""

    files: Sequence[Path]
    datasets: Sequence["CaptureDataset"]
    options: PageOptions
    workers: Workers

    @property
    def file_count(self) -> int:
        """The number of files, those of datasets too."""
        return len(self.files) + sum(dataset.file_count for dataset in self.datasets)

    @property
    def task_count(self) -> int:
        """The number of captures, if each file has one, as files of saved pages do."""
        return len(self.files) + sum(dataset.capture_count for dataset in self.datasets)

    def captures(self, bodies: RevisitedPayloads, advance: Advance = lambda _: None) -> Iterator[Capture]:
        """Yield the captures in all files; call ``advance`` after each file."""
        for file in self.files:
            known, now = None, datetime.now(UTC)
            if self.options == PageOptions():
                known = detect.captures_in(file, bodies=bodies, now=now)
            yield from known or [saved_page(file, self.options, now=now)]
            advance(1)
        for dataset in self.datasets:
            yield from dataset.captures(advance)


def _is_worth_keeping(capture: Capture) -> bool:
    """Return whether to create an archive for a capture: a page, or any capture of another archive."""
    return capture.source != SOURCE or read_capture(capture).outcome is Outcome.OK


def _record(archive: Writer, job: _ImportJob) -> Counter[str]:
    counts: Counter[str] = Counter()
    workers = job.workers.for_tasks(job.task_count)
    bodies = RevisitedPayloads(archive, max_pages=captures_ahead(workers))
    with progress("importing", job.task_count, unit="pages") as advance:
        captures = job.captures(bodies, lambda files: advance(files, 0))
        for batch in batches_to_record(archive, captures, workers):
            done = archive.record([one for one, _ in batch], prepared=[prepared for _, prepared in batch])
            counts.update(_counted_as(one, result) for (one, _), result in zip(batch, done, strict=True))
            advance(0, len(batch))
    return counts


def _count_problems(job: _ImportJob) -> Counter[str]:
    """Print the problem of each file, without creating an archive."""
    counts: Counter[str] = Counter()
    for capture in job.captures(RevisitedPayloads(None)):
        found = read_capture(capture)
        counts.update([_counted_as(capture, Recorded(outcome=found.outcome, problem=found.problem))])
    return counts


def _is_own(file: Path, archive: Path) -> bool:
    """Return whether a file is the archive itself, or one that SQLite keeps next to it."""
    own = (archive.name, *(archive.name + suffix for suffix in ("-wal", "-shm", "-journal", ".lock")))
    return file.name in own and file.parent.resolve() == archive.parent.resolve()


def _counted_as(capture: Capture, done: Recorded) -> str:
    """Return what a capture counts as; print its problem, if any."""
    if done.outcome is not Outcome.OK:
        return _failed(capture, done)
    if done.known:
        return "known"
    if done.new:
        return "new"
    if done.article is None:
        return "no article"
    return "same" if done.version is None else "edited"


def _failed(capture: Capture, done: Recorded) -> str:
    if _is_history(capture):
        return "known" if done.known else "no article"
    print_warning(f"{clean(capture.url)}: {clean(done.problem or done.outcome)}")
    return "problems"


def _is_history(capture: Capture) -> bool:
    """Return whether a capture from another archive records a failed fetch, which is not a problem here."""
    return capture.source != SOURCE or (capture.outcome is Outcome.ABSENT and capture.body is None)


def _summary(files: int, counts: Counter[str]) -> str:
    parts = [count(counts[name], *words) for name, words in _SUMMARY.items() if counts[name]]
    return f"{count(files, 'file')}: {', '.join(parts) or 'nothing to import'}"
