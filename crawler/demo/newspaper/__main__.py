"""``python -m crawler.demo.newspaper``: serve the sample newspaper until interrupted."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from archive.servers.running import serve
from crawler.demo.newspaper.pages.edition import Edition
from crawler.demo.newspaper.pages.newspaper import START, Newspaper
from crawler.demo.newspaper.serving.clock import Clock, FileClock, LenientClock, PaperClock, read_time
from crawler.demo.newspaper.serving.ports import DOORS
from crawler.demo.newspaper.serving.server import GOPHER_ENDPOINT, make_endpoints


def main() -> None:
    given = _options().parse_args()
    newspaper = Newspaper(given.seed, given.articles, given.start, given.daily)
    try:
        endpoints = make_endpoints(
            Edition(newspaper, _clock(given)), given.serve or [GOPHER_ENDPOINT], port=given.port
        )
        serve(endpoints, announce=_tell)
    except (OSError, ValueError) as error:
        raise SystemExit(f"newspaper: {error}") from error


def _tell(url: str) -> None:
    print(url, flush=True)  # noqa: T201 -- the output of this program


def _clock(given: Namespace) -> Clock:
    if given.clock:
        return LenientClock(FileClock(given.clock))
    return PaperClock(given.at or given.start)


def _options() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m crawler.demo.newspaper",
        description="Serve the sample newspaper until interrupted. Print a URL for each --serve.",
    )
    parser.add_argument(
        "--serve", action="append", choices=list(DOORS), help="an endpoint; repeat for more. Default: gopher"
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port of the first endpoint; 0, the default, for any free port"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the random content")
    parser.add_argument("--articles", type=int, default=40, help="articles published before the start")
    parser.add_argument("--daily", type=int, default=40, help="articles published each day after the start")
    parser.add_argument(
        "--start", type=read_time, default=START, help="ISO 8601, UTC unless an offset is given"
    )
    time = parser.add_mutually_exclusive_group()
    time.add_argument("--at", type=read_time, help="fixed time of the newspaper; default: the start")
    time.add_argument("--clock", type=Path, help="file with the time, read at every request")
    return parser


if __name__ == "__main__":
    main()
