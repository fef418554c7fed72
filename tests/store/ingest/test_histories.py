"""The same captures give the same archive, in whatever order they came."""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.dump.writer import write_dump
from archive.gateways import ServerPage
from archive.model import Article, Author, Capture, Outcome, Paragraph, Tag, Teaser
from crawler.demo.newspaper.gateways.meulie import MEULIE
from crawler.demo.newspaper.gateways.miga import MIGA
from crawler.demo.newspaper.gateways.phoxy import PHOXY
from crawler.demo.newspaper.serving.web import SampleGateway
from tests.support.samples.captures import BASE, capture, contents, is_sound, writing

# Long enough for the gateway to cut its title and a line of its text.
LONG = replace(
    BASE,
    title="Wetter in der Stadt: Großer Regen über der Hafenstraße und überall sonst für länger",
    blocks=(
        Paragraph("Übermäßig große Pfützen blühten über Nächte für müßige Füße in öden Höfen auf."),
        *BASE.blocks,
    ),
    links=(),
)
READINGS = [
    BASE,
    LONG,
    replace(LONG, blocks=(Paragraph("Übermäßig große Pfützen."), *LONG.blocks)),
    replace(LONG, title="Wetter in der Stadt: Großer Regen über der Hafenstraße und überall sonst für immer"),
    replace(BASE, lead="Am Dienstag stand das Wasser höher."),
    replace(
        BASE, blocks=(Paragraph("Es regnete den ganzen Tag; sagten die Häuser der Straße."), *BASE.blocks[1:])
    ),
    replace(BASE, tags=(Tag("Hafen", 5008003),), related=(Teaser("Neu", "Ganz neu.", "/Neu/!6080009"),)),
    replace(BASE, authors=(Author("Änne Groß"),)),
]
ABSENT: dict[str, Any] = {"body": b"3Not found\t\tx\t70\r\n.\r\n"}
FAILED: dict[str, Any] = {"body": None, "outcome": Outcome.FAILED, "problem": "refused"}


GATEWAYS = {"meulie": MEULIE, "miga": MIGA, "phoxy": PHOXY}


def cut(text: str) -> str:
    """A row as the cutting gateway leaves it."""
    raw = text.encode()
    return text if len(raw) <= 80 else raw[:79].decode(errors="replace") + "…"


def from_gateway(article: Article, hours: float, number: int | None) -> Capture:
    rows = [cut(line.text) for line in write_dump(article) if line.text]
    body = "".join(f"| {row} | |\n" for row in rows).encode()
    return capture(article, hours, number, body=body, source="meulie", rendition="table")


def through(gateway: SampleGateway, name: str, article: Article, hours: float, number: int | None) -> Capture:
    """The page as a web gateway shows it; blank lines, umlauts and long lines lost."""
    body = gateway.show(ServerPage("taz.de", 70, "1", f"/!{number}"), write_dump(article)).encode()
    return capture(article, hours, number, body=body, source=name, rendition=name)


@st.composite
def captures(draw: st.DrawFn) -> list[Capture]:
    found = []
    for hour in draw(st.lists(st.integers(0, 12), min_size=1, max_size=7)):
        article = draw(st.sampled_from(READINGS))
        kinds = ["gopher", "gopher", "gateway", "file", "absent", "failed", *GATEWAYS]
        kind = draw(st.sampled_from(kinds))
        number = draw(st.sampled_from([6081430, 6081430, 6081430, 6080001]))
        if kind == "gateway":
            found.append(from_gateway(article, hour, number))
        elif kind in GATEWAYS:
            found.append(through(GATEWAYS[kind], kind, article, hour, number))
        elif kind == "file":
            found.append(capture(article, hour, 6081430, source="import", url="x"))
        else:
            found.append(capture(article, hour, number, **{"absent": ABSENT, "failed": FAILED}.get(kind, {})))
    return found


def derived(found: list[Capture], batch: int) -> dict[str, list[tuple[object, ...]]]:
    with tempfile.TemporaryDirectory() as folder, writing(Path(folder) / "taz.db") as archive:
        for at in range(0, len(found), batch):
            archive.record(found[at : at + batch])
        assert is_sound(archive.db)
        return contents(archive.db)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(captures(), st.randoms(use_true_random=False), st.integers(1, 7))
def test_any_order_of_arrival_gives_one_history(found: list[Capture], random: Random, batch: int) -> None:
    shuffled = random.sample(found, len(found))
    assert derived(shuffled, batch) == derived(sorted(found, key=lambda capture: capture.captured_at), 1)


def test_a_capture_better_than_one_that_was_mended_is_the_versions_own_in_any_order() -> None:
    """What a second gave, paragraphs, makes the first no better than a third that never lost any."""
    found = [
        through(MIGA, "miga", BASE, 0, 6081430),
        through(PHOXY, "phoxy", BASE, 1, 6081430),
        capture(BASE, 2),
    ]
    assert derived(found, 1) == derived(found[::-1], 1)
    assert "gopher" in derived(found, 1)["bases"][0]


def test_most_generated_histories_have_an_edit_and_come_out_of_order() -> None:
    shares: Counter[str] = Counter()

    @settings(max_examples=100, database=None, deadline=None)
    @given(captures(), st.randoms(use_true_random=False))
    def count(found: list[Capture], random: Random) -> None:
        shuffled = random.sample(found, len(found))
        shares["all"] += 1
        shares["edited"] += len({capture.body for capture in found if capture.body}) > 1
        shares["shuffled"] += shuffled != sorted(found, key=lambda capture: capture.captured_at)

    count()
    assert shares["edited"] > 0.5 * shares["all"], shares
    assert shares["shuffled"] > 0.5 * shares["all"], shares
