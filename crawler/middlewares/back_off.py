"""Back-off of a server: in force at the gate for all crawlers, and known to the choice of a source."""

from datetime import timedelta

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.frontier_crawl import frontier_crawl_of
from crawler.gate.hosts import server_name
from crawler.opened_gate import gate_of


async def back_off(crawler: Crawler, request: Request, *, wait: timedelta, problem: str) -> None:
    """Ask the server of a request no more for a time."""
    calls = gate_of(crawler)
    await calls.call(calls.gate.back_off, server_name(request.url), wait=wait, problem=problem)
    note_back_off(crawler, request, wait=wait, problem=problem)


def note_back_off(crawler: Crawler, request: Request, *, wait: timedelta, problem: str) -> None:
    """Let the crawl choose other sources for a time, since the gate has backed off from one."""
    crawl = frontier_crawl_of(crawler)
    if crawl and (fetch := request.meta.get("fetch")):
        crawl.backoff.note(fetch.source, wait=wait, problem=problem)
