"""``import``: files of any rendition into the archive."""

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
from archive.cli.options import ArticleKey, UtcTime, archive_argument
from archive.cli.output.progress import complain, progress
from archive.cli.output.tables import count
from archive.dump.grammar import clean
from archive.export.files.output import MARKS
from archive.imports import detect
from archive.imports.foreign_files import format_of
from archive.imports.revisited_payloads import Bodies
from archive.imports.synthetic_captures import SOURCE, UnfitError, modified, name_of, time_shown
from archive.model import Capture, Outcome, PageKey
from archive.pagekey import ROOT, key_in
from archive.renditions.charset import MAX_PAGE
from archive.renditions.decode import renditions
from archive.store import Recorded, Writer, open_writer, read
from archive.store.db import connection

BATCH = 100


@click.command("import")
@archive_argument
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--id",
    "key",
    type=ArticleKey(provisional=False),
    help="The article these files are of, if their names do not tell.",
)
@click.option(
    "--captured-at", type=UtcTime(past=True), help="When they were fetched; otherwise each file's own time."
)
@click.option(
    "--rendition",
    type=click.Choice(list(renditions())),
    help="The form of the bytes; otherwise guessed from them. cortex sends mills, kroovy fuckup.",
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
    """Add saved pages, or what `export` wrote, to an archive, made if missing and a page is found.

    Pages are dump files, pages saved from a gateway, or bytes as they came.

    A directory is searched for files. An article's id is --id, or the !id (%21id) in the file's
    name; a file without one is matched by title and date. Importing a file again adds nothing; a
    copy with another time is another capture, so say --captured-at if you know when it was. A page
    saved from the archive of geminispace says so itself.

    Of exports jsonl, dump, warc and wacz come back, which tell all that themselves, if no option does. Of a
    WARC, ARC or WACZ of another program the pages of the paper are imported.

    \b
      taz-archive import taz.db dumps/
      taz-archive import taz.db 'saved/%216081430.txt' --captured-at 2025-04-10T18:00
      taz-archive import taz.db page.txt --id 6081430 --rendition table
    """
    files = [file for file in _files(paths) if not _is_own(file, archive)]
    order = _Order(files, key, captured_at, rendition)
    connection.refuse_strangers(archive)
    if connection.is_archive(archive) or any(map(_is_worth_keeping, order.captures(Bodies(None)))):
        with open_writer(archive) as opened:
            counts = _record(opened, order)
    else:
        counts = _count_problems(order)
    click.echo(_summary(len(files), counts))
    ctx.exit(exit_codes.SOME_FAILED if counts["problems"] else exit_codes.DONE)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be imported, and what the user said of it."""

    files: Sequence[Path]
    key: PageKey | None
    captured_at: datetime | None
    rendition: str | None

    def captures(
        self, bodies: Bodies, advance: Callable[[int], object] = lambda _: None
    ) -> Iterator[Capture]:
        """Yield the captures in all files, and say after each file that it is done."""
        for file in self.files:
            known = None if self.key or self.captured_at or self.rendition else _exported(file, bodies)
            yield from known or [_capture(file, self.key, self.captured_at, self.rendition)]
            advance(1)


def _is_worth_keeping(capture: Capture) -> bool:
    """Return whether an archive is made for a capture: for a page, and for any capture of another archive."""
    return capture.source != SOURCE or read(capture).outcome is Outcome.OK


def _record(archive: Writer, order: _Order) -> Counter[str]:
    counts: Counter[str] = Counter()
    with progress("importing", len(order.files)) as advance:
        for batch in _batches(order.captures(Bodies(archive), advance)):
            for capture, done in zip(batch, archive.record(batch), strict=True):
                counts.update([_became(capture, done)])
    return counts


def _count_problems(order: _Order) -> Counter[str]:
    """Print what is wrong with each file where nothing is right, so that no empty archive is made."""
    counts: Counter[str] = Counter()
    for capture in order.captures(Bodies(None)):
        found = read(capture)
        counts.update([_became(capture, Recorded(outcome=found.outcome, problem=found.problem))])
    return counts


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as named; of directories all below them but hidden ones, in order of name.

    A directory that cannot be listed stands for itself, so that it is not passed over in silence.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        unlisted: list[OSError] = []
        for folder, folders, names in os.walk(path, onerror=unlisted.append):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if not _is_aside(name))
        yield from (Path(error.filename) for error in unlisted)


def _is_aside(name: str) -> bool:
    """Whether a file below a directory is no page: hidden, or what an export says of itself."""
    return name.startswith(".") or name in MARKS


def _is_own(file: Path, archive: Path) -> bool:
    """Whether it is the archive being written to, or a file SQLite keeps beside it."""
    own = (archive.name, *(archive.name + suffix for suffix in ("-wal", "-shm", "-journal", ".lock")))
    return file.name in own and file.parent.resolve() == archive.parent.resolve()


def _batches(captures: Iterable[Capture]) -> Iterator[list[Capture]]:
    """One transaction's worth each: :data:`BATCH` captures, or what is past the size of the largest page."""
    batch: list[Capture] = []
    size = 0
    for capture in captures:
        batch.append(capture)
        size += len(capture.body or b"")
        if len(batch) == BATCH or size > MAX_PAGE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _exported(file: Path, bodies: Bodies) -> Iterator[Capture] | None:
    return detect.captures_in(file, bodies=bodies, now=datetime.now(UTC))


def _capture(file: Path, key: PageKey | None, captured_at: datetime | None, rendition: str | None) -> Capture:
    now = datetime.now(UTC)
    body, problem = _read(file)
    try:
        captured_at = captured_at or time_shown(body, now=now)
    except UnfitError as error:
        problem = problem or f"its head says when it was captured: {error}"
    return Capture(
        source=SOURCE,
        url=name_of(file),
        captured_at=captured_at or modified(file, now=now),
        key=key or _key(file.name),
        body=body,
        outcome=Outcome.FAILED if problem else Outcome.OK,
        problem=problem,
        rendition=rendition,
    )


def _read(file: Path) -> tuple[bytes | None, str | None]:
    """The bytes of a file, or why there are none. A pipe or device is not waited for."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            return None, f"expected a file, found {_kind(status.st_mode)}"
        if status.st_size > MAX_PAGE:
            found = f"{status.st_size / 2**20:,.0f} MiB"
            return None, f"expected a page of at most {MAX_PAGE >> 20} MiB, found {found}"
        body = file.read_bytes()
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    what = format_of(body[: detect.HEAD], file.suffix)
    return (None, f"expected a page, found {what}") if what else (body, None)


def _kind(mode: int) -> str:
    return "a directory that cannot be listed" if stat.S_ISDIR(mode) else "a pipe or device"


def _key(name: str) -> PageKey | None:
    # Twice: a file may be named for a URL that holds %21 by encoding that once more.
    key = key_in(unquote(unquote(name)))
    return None if key == ROOT else key


def _became(capture: Capture, done: Recorded) -> str:
    """Return what a capture counts as, and print what is wrong with it."""
    if done.outcome is not Outcome.OK:
        return _failed(capture, done)
    if done.known:
        return "known"
    if done.new:
        return "new"
    if done.article is None:
        return "menu"
    return "same" if done.version is None else "edited"


def _failed(capture: Capture, done: Recorded) -> str:
    if _is_history(capture):
        return "known" if done.known else "history"
    complain(f"{clean(capture.url)}: {clean(done.problem or done.outcome)}")
    return "problems"


def _is_history(capture: Capture) -> bool:
    """Whether another archive tells of a fetch that brought no page then, which is no problem of today's."""
    return capture.source != SOURCE or (capture.outcome is Outcome.ABSENT and capture.body is None)


def _summary(files: int, counts: Counter[str]) -> str:
    said = {
        "new": "of a new article",
        "edited": "with a new version",
        "same": "with a wording known before",
        "menu": "of a menu",
        "history": "of which no article had come",
        "known": "imported before",
        "problems": "with problems",
    }
    parts = [f"{counts[name]:,} {words}" for name, words in said.items() if counts[name]]
    return f"{count(files, 'file')}: {', '.join(parts) or 'nothing to import'}"
