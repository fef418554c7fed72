"""Atom feeds: as RFC 4287 wants them, read by feedparser, well-formed whatever the words are."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
from hypothesis import given
from hypothesis import strategies as st

from archive.markup.atom import Entry, Feed, feed_bytes, tag_uri
from archive.markup.elements import XHTML, clean_xml
from tests.support.samples.exported_archive import HOSTILE, TITLE, make_archive, taz_archive

NOON = datetime(2025, 4, 10, 12, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
FEED = Feed(
    id="tag:taz.de,2025:x",
    title="The feed",
    updated=NOON,
    author="taz",
    self_link="https://x.example/ä?a=1&b",
)
ENTRY = Entry(
    id="tag:taz.de,2025:x/1",
    title="A < B & C",
    updated=NOON,
    content="One.\n\nTwo.",
    link="https://taz.de/!1/",
)

# RFC 4287, 4.1.1 and 4.1.2: how often each may stand in a feed and in an entry.
ONCE = {"id", "title", "updated"}
AT_MOST_ONCE = {
    "generator",
    "icon",
    "logo",
    "rights",
    "subtitle",
    "content",
    "published",
    "source",
    "summary",
}
MANY = {"author", "category", "contributor", "link"}


def checked(feed: bytes) -> ET.Element:
    """The feed, if it is as RFC 4287 wants it."""
    root = ET.fromstring(feed)
    assert root.tag == f"{ATOM}feed"
    entries = root.findall(f"{ATOM}entry")
    assert entries == list(root)[len(root) - len(entries) :]  # nothing after them, which readers dislike
    for element in (root, *entries):
        names = [child.tag.removeprefix(ATOM) for child in element]
        assert all(names.count(name) == 1 for name in ONCE)
        assert all(names.count(name) <= 1 for name in AT_MOST_ONCE)
        assert set(names) <= ONCE | AT_MOST_ONCE | MANY | {"entry"}
        for name in ("updated", "published"):
            for time in element.findall(f"{ATOM}{name}"):
                assert datetime.fromisoformat(time.text or "").tzinfo is not None
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(ids) == len(set(ids))
    return root


def test_a_feed_is_as_the_rfc_wants_it_and_feedparser_reads_it() -> None:
    made = feed_bytes(FEED, [ENTRY])
    checked(made)
    read = feedparser.parse(made)
    assert not read.bozo
    assert (read.version, read.feed.title, read.entries[0].title) == (
        "atom10",
        "The feed",
        "A < B & C",
    )
    assert read.feed.links[0].href == "https://x.example/%C3%A4?a=1&b"
    assert read.entries[0].content[0].value == "One.\n\nTwo."


def test_xhtml_stands_in_a_div_as_it_is() -> None:
    entry = Entry(id="x:1", title="T", updated=NOON, content=XHTML("div", XHTML("p", "A ", XHTML("b", "b"))))
    root = checked(feed_bytes(FEED, [entry]))
    content = root.find(f"{ATOM}entry/{ATOM}content")
    assert content is not None
    assert content.get("type") == "xhtml"
    assert [child.tag for child in content] == ["{http://www.w3.org/1999/xhtml}div"]


@given(st.text(st.characters(codec=None), max_size=40))
def test_any_words_make_well_formed_xml_and_lose_only_what_xml_forbids(words: str) -> None:
    entry = Entry(
        id=tag_uri("taz.de", "2025", words), title=words, updated=NOON, summary=words or None, content=words,
        link=f"https://x.example/{clean_xml(words)}", authors=(words,), categories=(words,),
    )  # fmt: skip
    root = checked(feed_bytes(FEED, [entry]))
    assert root.findtext(f"{ATOM}entry/{ATOM}title") == clean_xml(words)


def test_times_are_utc_to_the_millisecond() -> None:
    entry = Entry(
        id="x:1", title="", updated=datetime(2025, 4, 10, 14, 0, 0, 5000, tzinfo=timezone(timedelta(hours=2)))
    )
    assert b"<updated>2025-04-10T12:00:00.005Z</updated>" in feed_bytes(FEED, [entry])


def test_the_exported_feed_is_valid_newest_first_and_says_what_was_edited(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "taz.db")
    made = taz_archive("export", archive, "-", "--format", "atom").streamed
    root = checked(made)
    read = feedparser.parse(made)
    assert not read.bozo
    times = [entry.updated for entry in read.entries]
    assert times == sorted(times, reverse=True)
    assert (root.findtext(f"{ATOM}updated") or "") >= times[0]
    edited = [entry for entry in read.entries if entry.tags[0].term == "edited"]
    assert edited
    assert all(entry.title.startswith("Edited: ") and "/edited/" in entry.id for entry in edited)
    (wild,) = [entry for entry in root if (entry.findtext(f"{ATOM}id") or "").endswith(f"/{HOSTILE}")]
    assert wild.findtext(f"{ATOM}title") == clean_xml(TITLE)


def test_only_what_is_new_is_listed(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "taz.db")
    made = taz_archive("export", archive, "-", "--format", "atom", "--since", "2025-04-03").streamed
    assert all(entry.updated >= "2025-04-03" for entry in feedparser.parse(made).entries)
