"""Memento (RFC 7089): what a client that knows nothing of us finds out about an article's past."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from memento_client import MementoClient  # type: ignore[import-untyped]  # it ships no types

from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, HOUR, NOON, absence_of, archive_of, capture_of
from tests.support.servers.reading_room import serving

ORIGINAL = "https://taz.de/!700001/"
TITLES = ["Erste Fassung", "Zweite Fassung", "Dritte Fassung"]
TIMES = [NOON, NOON + 5 * HOUR, NOON + 50 * HOUR]  # as HTTP can say them
SEEN = [time + timedelta(milliseconds=part) for time, part in zip(TIMES, (0, 500, 999), strict=True)]
LINK = re.compile(r'<(?P<url>[^>]*)>(?P<rest>(?:; ?\w+="[^"]*")*)')


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    captures = [
        capture_of(type(BRIDGE)(title=title, blocks=BRIDGE.blocks), at=at)
        for title, at in zip(TITLES, SEEN, strict=True)
    ]
    path = archive_of(tmp_path_factory.mktemp("memento") / "paper.db", captures)
    with serving(path) as home, httpx.Client(base_url=home, timeout=LONGEST) as client:
        yield client


def links(text: str) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """By relation: addresses and their other attributes."""
    found: dict[str, list[tuple[str, dict[str, str]]]] = {}
    for match in LINK.finditer(text):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', match["rest"]))
        for relation in attributes.pop("rel").split():
            found.setdefault(relation, []).append((match["url"], attributes))
    return found


def gate(client: httpx.Client, when: str | None) -> httpx.Response:
    headers = {"accept-datetime": when} if when else {}
    return client.get(f"/-/timegate/{ORIGINAL}", headers=headers)


@pytest.mark.parametrize(
    ("when", "title"),
    [
        ("Thu, 10 Apr 2025 12:00:00 GMT", TITLES[0]),
        ("Thu, 10 Apr 2025 16:59:59 GMT", TITLES[0]),
        ("Thu, 10 Apr 2025 17:00:00 GMT", TITLES[1]),
        ("Fri, 01 Jan 2027 00:00:00 GMT", TITLES[2]),
        ("Mon, 01 Jan 2001 00:00:00 GMT", TITLES[0]),  # before the first: RFC 7089, section 4.5.3
        (None, TITLES[2]),
    ],
)
def test_a_time_gate_redirects_to_the_version_of_that_time(
    client: httpx.Client, when: str | None, title: str
) -> None:
    answer = gate(client, when)
    assert answer.status_code == 302
    assert "accept-datetime" in answer.headers["vary"].lower()
    assert answer.headers.get("memento-datetime") is None
    memento = client.get(answer.headers["location"])
    assert f"<h1>{title}</h1>" in memento.text
    at = TIMES[TITLES.index(title)]
    assert parsedate_to_datetime(memento.headers["memento-datetime"]) == at


@pytest.mark.parametrize(
    "when",
    ["gestern", "2025-04-10", "Thu, 40 Apr 2025 12:00:00 GMT", "Thu, 10 Apr 99999999999 12:00:00 GMT", "0"],
)
def test_an_invalid_time_is_a_bad_request(client: httpx.Client, when: str) -> None:
    answer = gate(client, when)
    assert answer.status_code == 400
    assert "Accept-Datetime must be like" in answer.text


def test_every_memento_names_its_original_its_gate_and_its_map(client: httpx.Client) -> None:
    memento = client.get("/-/article/700001/versions/2")
    found = links(memento.headers["link"])
    assert found["original"][0][0] == ORIGINAL
    assert client.get(found["timegate"][0][0]).status_code == 302
    assert client.get(found["timemap"][0][0]).headers["content-type"] == "application/link-format"


def test_a_memento_is_cited_by_the_digest_of_its_wording(client: httpx.Client) -> None:
    memento = client.get("/-/article/700001/versions/2")
    [(cited, _)] = links(memento.headers["link"])["cite-as"]
    assert client.get(cited).headers["location"] == "/-/article/700001/versions/2"
    assert client.get(cited[: -64 + 16]).headers["location"] == "/-/article/700001/versions/2"
    assert client.get("/-/version/" + "0" * 64).status_code == 404
    assert client.get("/-/version/0%27--").status_code == 400


def test_the_latest_version_is_not_a_memento_but_links_to_the_timemap(client: httpx.Client) -> None:
    page = client.get("/-/article/700001")
    assert "memento-datetime" not in page.headers
    assert {"original", "timegate", "timemap"} <= set(links(page.headers["link"]))


def test_a_time_map_lists_all_versions_in_their_order(client: httpx.Client) -> None:
    found = links(client.get(f"/-/timemap/link/{ORIGINAL}").text)
    mementos = found["memento"]
    times = [parsedate_to_datetime(attributes["datetime"]) for _, attributes in mementos]
    assert times == TIMES
    assert found["first"] == mementos[:1]
    assert found["last"] == mementos[-1:]
    assert found["original"][0][0] == ORIGINAL
    for (address, _), title in zip(mementos, TITLES, strict=True):
        assert f"<h1>{title}</h1>" in client.get(address).text


def test_the_gate_leads_from_the_datetime_of_each_line_of_a_map_to_its_uri(client: httpx.Client) -> None:
    mementos = links(client.get(f"/-/timemap/link/{ORIGINAL}").text)["memento"]
    assert [gate(client, line["datetime"]).headers["location"] for _, line in mementos] == [
        address for address, _ in mementos
    ]


def test_of_versions_of_one_second_the_map_lists_the_last(tmp_path: Path) -> None:
    seen = [NOON + timedelta(milliseconds=part) for part in (100, 300, 900, 1100)]
    captures = [
        capture_of(replace(BRIDGE, title=f"Fassung {at}"), at=time) for at, time in enumerate(seen, start=1)
    ]
    with (
        serving(archive_of(tmp_path / "paper.db", captures)) as home,
        httpx.Client(base_url=home, timeout=LONGEST) as client,
    ):
        mementos = links(client.get(f"/-/timemap/link/{ORIGINAL}").text)["memento"]
        titles = [re.findall("<h1>(.*)</h1>", client.get(address).text) for address, _ in mementos]
        led = [gate(client, line["datetime"]).headers["location"] for _, line in mementos]
    assert titles == [["Fassung 3"], ["Fassung 4"]]
    assert led == [address for address, _ in mementos]


@pytest.mark.parametrize(
    "original",
    ["https://taz.de/Ein-Titel/!700001/", "gopher://taz.de/1/!700001", "gopher://taz.de/1/%21700001"],
)
def test_any_address_of_the_article_stands_for_it(client: httpx.Client, original: str) -> None:
    answer = client.get(f"/-/timegate/{original}")
    assert answer.status_code == 302
    assert links(answer.headers["link"])["original"][0][0] == ORIGINAL


def test_head_requests_are_answered_without_a_body(client: httpx.Client) -> None:
    assert client.head(f"/-/timegate/{ORIGINAL}").status_code == 302
    answer = client.head("/-/article/700001/versions/1")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["memento-datetime"] == "Thu, 10 Apr 2025 12:00:00 GMT"


def test_an_article_without_an_address_has_no_mementos(tmp_path: Path) -> None:
    """A page that came without its number is filed under one of our own."""
    path = archive_of(tmp_path / "paper.db", [capture_of(BRIDGE, None), absence_of(5)])
    with serving(path) as home:
        [number] = re.findall(r"/-/article/(-\d+)\"", httpx.get(f"{home}/-/search", timeout=LONGEST).text)
        answer = httpx.get(f"{home}/-/article/{number}", timeout=LONGEST)
    assert answer.status_code == 200
    assert "link" not in answer.headers


def test_a_client_library_of_others_finds_a_memento(client: httpx.Client) -> None:
    ours = MementoClient(timegate_uri=f"{client.base_url}/-/timegate/", check_native_timegate=False)
    asked = (NOON + 6 * HOUR).replace(tzinfo=None)  # it takes UTC without saying so
    found = ours.get_memento_info(f"{client.base_url}/-/article/700001", asked)
    assert found["original_uri"] == ORIGINAL
    closest = found["mementos"]["closest"]
    assert closest["datetime"] == TIMES[1].replace(tzinfo=None)
    assert f"<h1>{TITLES[1]}</h1>" in client.get(closest["uri"][0]).text
