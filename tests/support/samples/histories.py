"""Captures of an article that was edited, from several sources, and a strategy that generates them."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from archive.dump.writer import write_dump
from archive.gateways import ServerPage
from archive.model import Article, Author, Capture, Outcome, Paragraph, Tag, Teaser
from archive.pagekey import ROOT
from crawler.demo.newspaper.gateways.meulie import MEULIE
from crawler.demo.newspaper.gateways.miga import MIGA
from crawler.demo.newspaper.gateways.phoxy import PHOXY
from crawler.demo.newspaper.serving.web import SampleGateway
from tests.support.samples.captures import BASE, capture
from tests.support.samples.menus import SECTION, menu_capture

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
    """Return a row as a gateway that truncates long lines shows it."""
    raw = text.encode()
    return text if len(raw) <= 80 else raw[:79].decode(errors="replace") + "…"


def from_gateway(article: Article, hours: float, number: int | None) -> Capture:
    """Return a capture of an article's page from a gateway that truncates long lines."""
    rows = [cut(line.text) for line in write_dump(article) if line.text]
    body = "".join(f"| {row} | |\n" for row in rows).encode()
    return capture(article, hours, number, body=body, source="meulie", rendition="table")


def through(gateway: SampleGateway, name: str, article: Article, hours: float, number: int | None) -> Capture:
    """Return a capture of an article's page from a gateway that loses blank lines, umlauts and long lines."""
    body = gateway.show(ServerPage("taz.de", 70, "1", f"/!{number}"), write_dump(article)).encode()
    return capture(article, hours, number, body=body, source=name, rendition=name)


@st.composite
def histories(draw: st.DrawFn) -> list[Capture]:
    """Generate captures of two articles and two menus in several readings and from several sources."""
    found = []
    for hour in draw(st.lists(st.integers(0, 12), min_size=1, max_size=7)):
        article = draw(st.sampled_from(READINGS))
        kinds = ["gopher", "gopher", "gateway", "file", "menu", "absent", "failed", *GATEWAYS]
        kind = draw(st.sampled_from(kinds))
        number = draw(st.sampled_from([6081430, 6081430, 6081430, 6080001]))
        if kind == "gateway":
            found.append(from_gateway(article, hour, number))
        elif kind in GATEWAYS:
            found.append(through(GATEWAYS[kind], kind, article, hour, number))
        elif kind == "menu":
            listed = draw(st.permutations([6080001, 6081430, 6080009]))[: draw(st.integers(1, 3))]
            found.append(menu_capture(listed, hour, draw(st.sampled_from([ROOT, SECTION]))))
        elif kind == "file":
            found.append(capture(article, hour, 6081430, source="import", url="x"))
        else:
            found.append(capture(article, hour, number, **{"absent": ABSENT, "failed": FAILED}.get(kind, {})))
    return found
