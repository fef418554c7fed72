"""``import``: saved pages and exports, added to an archive."""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import click

from archive.cli import exit_codes
from archive.cli.options import archive_argument, article, utc_time
from archive.cli.output.printing import count
from archive.cli.output.progress import print_warning, progress
from archive.dump.grammar import clean
from archive.export.files.output import EXPORT_MARKS
from archive.imports import detect
from archive.imports.foreign_files import format_of
from archive.imports.revisited_payloads import RevisitedPayloads
from archive.imports.synthetic_captures import (
    SOURCE,
    InvalidRecordError,
    modification_time,
    path_text,
    shown_time,
)
from archive.model import Capture, Outcome, PageKey
from archive.pagekey import ROOT, key_in
from archive.renditions.charset import MAX_PAGE_BYTES
from archive.renditions.decode import renditions
from archive.renditions.read_capture import read_capture
from archive.store import Recorded, Writer, is_archive, open_writer, refuse_non_archive

_MAX_BATCH_CAPTURES = 100  # in one transaction
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
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
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
@click.pass_context
def import_files(
    ctx: click.Context,
    archive: Path,
    paths: tuple[Path, ...],
    key: PageKey | None,
    captured_at: datetime | None,
    rendition: str | None,
) -> None:
    """Add saved pages, WARC files or exports to an archive.

    PATHS are dump files, pages saved from a gateway, exports as jsonl, dump, warc
    or wacz, WARC or ARC files of other programs, or folders of these. ARCHIVE is
    created if it is missing and a page is found; it must be given even if
    TAZ_ARCHIVE is set.

    An article's id is --id, or !6081430 in the file name (%21 is read too); a page
    without one is matched by title and date. Importing a file twice adds nothing.
    A file with another time is another capture, so give --captured-at if you know
    it. Exports and WARC files have ids and times of their own.

    \b
      taz-archive import taz.db dumps/
      taz-archive import taz.db saved/%216081430.txt --captured-at 2025-04-10
      taz-archive import taz.db page.txt --id 6081430 --rendition table
    """
    files = [file for file in _files(paths) if not _is_own(file, archive)]
    job = _ImportJob(files, key, captured_at, rendition)
    refuse_non_archive(archive)
    if is_archive(archive) or any(map(_is_worth_keeping, job.captures(RevisitedPayloads(None)))):
        with open_writer(archive) as opened:
            counts = _record(opened, job)
    else:
        counts = _count_problems(job)
    click.echo(_summary(len(files), counts))
    ctx.exit(exit_codes.SOME_FAILED if counts["problems"] else exit_codes.DONE)


@dataclass(frozen=True, slots=True)
class _ImportJob:
    """The files to import and the options for all of them."""

    files: Sequence[Path]
    key: PageKey | None
    captured_at: datetime | None
    rendition: str | None

    def captures(
        self, bodies: RevisitedPayloads, advance: Callable[[int], object] = lambda _: None
    ) -> Iterator[Capture]:
        """Yield the captures in all files; call ``advance`` after each file."""
        for file in self.files:
            known = None
            if not (self.key or self.captured_at or self.rendition):
                known = detect.captures_in(file, bodies=bodies, now=datetime.now(UTC))
            yield from known or [_capture(file, self.key, self.captured_at, self.rendition)]
            advance(1)


def _is_worth_keeping(capture: Capture) -> bool:
    """Return whether to create an archive for a capture: a page, or any capture of another archive."""
    return capture.source != SOURCE or read_capture(capture).outcome is Outcome.OK


def _record(archive: Writer, job: _ImportJob) -> Counter[str]:
    counts: Counter[str] = Counter()
    with progress("importing", len(job.files)) as advance:
        for batch in _batches(job.captures(RevisitedPayloads(archive), advance)):
            for capture, done in zip(batch, archive.record(batch), strict=True):
                counts.update([_counted_as(capture, done)])
    return counts


def _count_problems(job: _ImportJob) -> Counter[str]:
    """Print the problem of each file, without creating an archive."""
    counts: Counter[str] = Counter()
    for capture in job.captures(RevisitedPayloads(None)):
        found = read_capture(capture)
        counts.update([_counted_as(capture, Recorded(outcome=found.outcome, problem=found.problem))])
    return counts


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files, and of directories all files below them except hidden ones, sorted by name.

    Yield a directory that cannot be listed too, so that its problem is reported.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        unlisted: list[OSError] = []
        for folder, folders, names in os.walk(path, onerror=unlisted.append):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if not _is_skipped(name))
        yield from (Path(error.filename) for error in unlisted)


def _is_skipped(name: str) -> bool:
    """Return whether to skip a file in a directory: a hidden one, or the manifest of an export."""
    return name.startswith(".") or name in EXPORT_MARKS


def _is_own(file: Path, archive: Path) -> bool:
    """Return whether a file is the archive itself, or one that SQLite keeps next to it."""
    own = (archive.name, *(archive.name + suffix for suffix in ("-wal", "-shm", "-journal", ".lock")))
    return file.name in own and file.parent.resolve() == archive.parent.resolve()


def _batches(captures: Iterable[Capture]) -> Iterator[list[Capture]]:
    """Yield captures in batches for one transaction each, bounded in number and bytes."""
    batch: list[Capture] = []
    size = 0
    for capture in captures:
        batch.append(capture)
        size += len(capture.body or b"")
        if len(batch) == _MAX_BATCH_CAPTURES or size > MAX_PAGE_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _capture(file: Path, key: PageKey | None, captured_at: datetime | None, rendition: str | None) -> Capture:
    now = datetime.now(UTC)
    body, problem = _read(file)
    try:
        captured_at = captured_at or shown_time(body, now=now)
    except InvalidRecordError as error:
        problem = problem or f"invalid time of capture in its head: {error}"
    return Capture(
        source=SOURCE,
        url=path_text(file),
        captured_at=captured_at or modification_time(file, now=now),
        key=key or _key(file.name),
        body=body,
        outcome=Outcome.FAILED if problem else Outcome.OK,
        problem=problem,
        rendition=rendition,
    )


def _read(file: Path) -> tuple[bytes | None, str | None]:
    """Return the bytes of a file, or the problem with it. Pipes and devices are not read."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            return None, f"expected a file, found {_kind(status.st_mode)}"
        if status.st_size > MAX_PAGE_BYTES:
            found = f"{status.st_size / 2**20:,.0f} MiB"
            return None, f"expected a page of at most {MAX_PAGE_BYTES >> 20} MiB, found {found}"
        body = file.read_bytes()
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    what = format_of(body[: detect.HEAD_BYTES], file.suffix)
    return (None, f"expected a page, found {what}") if what else (body, None)


def _kind(mode: int) -> str:
    return "a directory that cannot be listed" if stat.S_ISDIR(mode) else "a pipe or device"


def _key(name: str) -> PageKey | None:
    # Twice, since a file named for a URL with %21 may encode it once more.
    key = key_in(unquote(unquote(name)))
    return None if key == ROOT else key


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
