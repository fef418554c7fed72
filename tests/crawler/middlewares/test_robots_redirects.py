"""A robots.txt that redirects is followed, five times and to other hosts, but to none that is not public."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from crawler.middlewares.robots_redirects import is_public
from tests.support.running.crawls import Bystander, bystander
from tests.support.servers.gopher_faults import LOOPBACK, crawl
from tests.support.servers.other_sources import Answer, WebServer, web

RULES = Answer(b"User-agent: *\nDisallow: /intern/\n")
PAGE = Answer(b"ja")
SETTINGS = {"ROBOTSTXT_OBEY": True, "RETRY_ENABLED": False}
Answers = dict[str, Answer]


def to(location: str, status: int = 301) -> Answer:
    return Answer(b"", status, {"Location": location})


def steps(count: int) -> Answers:
    """A robots.txt behind so many redirects."""
    paths = ["/robots.txt", *(f"/step/{number}" for number in range(count))]
    return {path: to(target) for path, target in itertools.pairwise(paths)} | {paths[-1]: RULES}


FOLLOWED: dict[str, Answers] = {
    **{
        f"status {status}": {"/robots.txt": to("/r", status), "/r": RULES}
        for status in (301, 302, 303, 307, 308)
    },
    "five times": steps(5),
    "a relative path": {"/robots.txt": to("texts/r?a=b"), "/texts/r?a=b": RULES},
    "another port of the host": {"/robots.txt": to(f"http://{LOOPBACK}:{{rules}}/robots.txt")},
    "a whole URL with a fragment": {"/robots.txt": to(f" http://{LOOPBACK}:{{rules}}/robots.txt#x ")},
}
NO_RULES: dict[str, Answers] = {
    "to what is not there": {"/robots.txt": to("/gone"), "/gone": Answer(b"", 404)},
    "to a login": {"/robots.txt": to("/login", 302), "/login": Answer(b"<form>Anmelden</form>")},
    "without a target": {"/robots.txt": Answer(b"", 301)},
}
REFUSED: dict[str, tuple[Answers, str]] = {
    "six times": (steps(6), "it redirects more than 5 times"),
    "in a circle": ({"/robots.txt": to("/robots.txt")}, "it redirects more than 5 times"),
    "to a server that is down": ({"/robots.txt": to("/r"), "/r": Answer(b"", 500)}, "HTTP 500"),
    **{
        f"to {location}": ({"/robots.txt": to(location)}, problem)
        for location, problem in {
            "gopher://127.0.0.1:{bystander}/0robots.txt": "expected an http or https URL",
            "ftp://127.0.0.1:{bystander}/robots.txt": "expected an http or https URL",
            "file:///etc/passwd": "expected an http or https URL",
            "data:text/plain,User-agent: *": "expected an http or https URL",
            "http://user@127.0.0.1:{bystander}/robots.txt": "expected an http or https URL without a user",
            "http://[broken/": "which is not a URL",
            "http://127.0.0.1:99999/": "which is not a URL",
            "http://localhost:{bystander}/": "which is not the name of a public host",
            "http://localhost.:{bystander}/": "which is not the name of a public host",
            "http://127.1:{bystander}/": "which is not the name of a public host",
            "http://2130706433:{bystander}/": "which is not the name of a public host",
            "http://0x7f000001:{bystander}/": "which is not the name of a public host",
            "http://0.0.0.0:{bystander}/": "which is not the name of a public host",
            "http://[::1]:{bystander}/": "which is not the name of a public host",
            "http://[::ffff:127.0.0.1]:{bystander}/": "which is not the name of a public host",
            "//localhost:{bystander}/robots.txt": "which is not the name of a public host",
            "http://169.254.169.254/latest/": "which is not the name of a public host",
            f"http://{'x' * 300}.invalid/": "which is not the name of a public host",
        }.items()
    },
}
SERVERS = {**FOLLOWED, **NO_RULES, **{name: answers for name, (answers, _) in REFUSED.items()}}


class Outcome(dict[str, list[dict[str, Any]]]):
    """What came of /a and /intern/x at each server, who else was asked, and how often a page redirected."""

    servers: dict[str, WebServer]
    others: Bystander
    rules: WebServer


@pytest.fixture(scope="module")
def outcome() -> Iterator[Outcome]:
    """Serve each sort of robots.txt, and crawl two pages of every server at once."""
    with ExitStack() as stack:
        found = Outcome()
        found.rules = stack.enter_context(web({"/robots.txt": RULES}))
        found.others = stack.enter_context(bystander())
        ports = {"rules": found.rules.server_port, "bystander": found.others.port}
        found.servers = {
            name: stack.enter_context(web(placed(answers, ports), PAGE)) for name, answers in SERVERS.items()
        }
        urls = [server.url + page for server in found.servers.values() for page in ("a", "intern/x")]
        results, _ = crawl(urls, SETTINGS)
        for at, name in enumerate(SERVERS):
            found[name] = results[2 * at : 2 * at + 2]
        yield found


def placed(answers: Answers, ports: dict[str, int]) -> Answers:
    """The answers, with ports put into where they redirect to."""
    return {
        path: Answer(
            answer.body,
            answer.status,
            {name: value.format(**ports) for name, value in answer.headers.items()},
        )
        for path, answer in answers.items()
    }


@pytest.mark.parametrize("name", FOLLOWED)
def test_rules_behind_a_redirect_are_obeyed(outcome: Outcome, name: str) -> None:
    assert [result["error"] for result in outcome[name]] == [None, "Forbidden"]
    assert "/intern/x" not in outcome.servers[name].asked


@pytest.mark.parametrize("name", NO_RULES)
def test_a_redirect_to_something_else_than_a_robots_txt_forbids_nothing(outcome: Outcome, name: str) -> None:
    assert [result["error"] for result in outcome[name]] == [None, None]


@pytest.mark.parametrize("name", REFUSED)
def test_no_page_is_fetched_if_a_redirect_of_robots_txt_is_not_followed(outcome: Outcome, name: str) -> None:
    assert [result["error"] for result in outcome[name]] == ["RobotsUnavailableError"] * 2
    reason = outcome[name][0]["reason"]
    assert reason.startswith("robots.txt could not be fetched: ")
    assert REFUSED[name][1] in reason
    assert reason.isprintable()
    assert not {"/a", "/intern/x"} & set(outcome.servers[name].asked)


def test_no_other_source_is_used(outcome: Outcome) -> None:
    assert outcome.others.callers == 0
    assert set(outcome.rules.asked) == {"/robots.txt"}


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fd00::1", "ff02::1", "::"),
    ],
)
def test_no_private_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe"])
def test_other_addresses_are_public(address: str) -> None:
    assert is_public(address)
