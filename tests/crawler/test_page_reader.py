"""Many captures are read by a worker while others are fetched, and its death costs no page."""

import asyncio
import errno
import multiprocessing
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

from archive.errors import WorkerError
from archive.model import Capture, Outcome
from archive.store import PreparedCapture, PreparingWork, open_writer, preparing_work
from crawler.page_reader import WORKER_AFTER_PAGES, PageReader, read_here
from tests.support.running.crawls import wait_for
from tests.support.running.deadly_work import DEADLY_BODY, prepare_or_die
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BASE, capture

pytestmark = pytest.mark.slow

BATCH = 50
PAGES = [capture(BASE, 0, 6080000 + n) for n in range(2 * WORKER_AFTER_PAGES)]
DEADLY = replace(PAGES[0], body=DEADLY_BODY)


@pytest.fixture
def work(tmp_path: Path) -> PreparingWork:
    with open_writer(tmp_path / "taz.db"):
        return replace(preparing_work(tmp_path / "taz.db"), there=prepare_or_die)


@asynccontextmanager
async def reader_with_worker(work: PreparingWork) -> AsyncIterator[PageReader]:
    """Yield a reader whose worker is ready, which reading enough pages has started."""
    reader = PageReader(work)
    try:
        await read_all(reader, PAGES[:WORKER_AFTER_PAGES])
        await asyncio.wait_for(reader.ready.wait(), LONGEST)
        yield reader
    finally:
        reader.close()


async def read_all(reader: PageReader, pages: Sequence[Capture]) -> list[PreparedCapture]:
    """Read pages in batches that are all under way at once."""
    batches = [pages[at : at + BATCH] for at in range(0, len(pages), BATCH)]
    results = await asyncio.gather(*map(reader.read, batches))
    return [prepared for batch in results for prepared in batch]


async def read_by_worker(
    work: PreparingWork, pages: Sequence[Capture], disturb: Callable[[], None] = lambda: None
) -> list[PreparedCapture]:
    async with reader_with_worker(work) as reader:
        reading = asyncio.ensure_future(read_all(reader, pages))
        await asyncio.sleep(0)
        disturb()
        return await reading


def kill_worker() -> None:
    for process in multiprocessing.active_children():
        process.kill()


def test_a_worker_reads_many_pages_as_this_process_does(work: PreparingWork) -> None:
    found = asyncio.run(read_by_worker(work, PAGES))
    assert [one.found for one in found] == [one.found for one in read_here(PAGES)]
    assert all(one.payload for one in found), "they were read in the worker"
    wait_for(lambda: not multiprocessing.active_children(), "the worker's end")


def test_few_pages_or_single_ones_start_no_worker(work: PreparingWork) -> None:
    async def read() -> None:
        reader = PageReader(work)
        for page in PAGES:
            await reader.read([page])
        await read_all(reader, PAGES[: WORKER_AFTER_PAGES - BATCH])
        assert not reader.ready.is_set()
        reader.close()

    asyncio.run(read())
    assert not multiprocessing.active_children()


def test_a_page_that_kills_its_worker_is_unreadable_and_all_others_are_read(work: PreparingWork) -> None:
    pages = [*PAGES[:70], DEADLY, *PAGES[70:]]
    found = asyncio.run(read_by_worker(work, pages))
    unreadable = [(at, one.found) for at, one in enumerate(found) if one.found.outcome is not Outcome.OK]
    assert [at for at, _ in unreadable] == [70]
    assert unreadable[0][1].problem == "cannot be parsed: its process was killed twice"


def test_a_worker_that_is_killed_costs_no_page(work: PreparingWork) -> None:
    found = asyncio.run(read_by_worker(work, PAGES, kill_worker))
    assert [one.found for one in found] == [one.found for one in read_here(PAGES)]


def no_process() -> None:
    """Start no other process, as where a limit of processes or descriptors is reached."""
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def test_where_no_worker_can_be_started_this_process_reads_all(
    work: PreparingWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource_tracker, "ensure_running", no_process)

    async def read() -> list[PreparedCapture]:
        reader = PageReader(work)
        found = await read_all(reader, PAGES)
        reader.close()
        return found

    assert [one.found for one in asyncio.run(read())] == [one.found for one in read_here(PAGES)]


def test_if_no_other_worker_can_be_started_for_a_killed_one_reading_fails(
    work: PreparingWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disturb() -> None:
        monkeypatch.setattr(resource_tracker, "ensure_running", no_process)
        kill_worker()

    with pytest.raises(WorkerError):
        asyncio.run(asyncio.wait_for(read_by_worker(work, PAGES, disturb), LONGEST))
