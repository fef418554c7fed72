"""Captures of the front page and of a section's page."""

from collections.abc import Sequence
from typing import Any

from archive.dump.writer import write_menu
from archive.model import Capture, Kind, Menu, PageKey, Teaser
from archive.pagekey import ROOT, selector
from archive.renditions.forms import gopher
from tests.support.samples.captures import BASE, capture

SECTION = PageKey(Kind.SECTION, 4611)


def menu_of(numbers: Sequence[int], title: str | None = "Verkehr") -> Menu:
    """A menu that lists articles, with a link to a topic between the first and the others."""
    entries = [Teaser(f"Meldung: {number}", "Ein Anreißer.", f"/Meldung/!{number}") for number in numbers]
    return Menu(
        title=title, entries=(*entries[:1], Teaser("Alles zur Bahn", None, "/!t5008001"), *entries[1:])
    )


def menu_capture(numbers: Sequence[int], hours: float, key: PageKey = SECTION, **changes: Any) -> Capture:
    """A page that lists articles, fetched by gopher ``hours`` after START."""
    menu = menu_of(numbers, changes.pop("title", None if key == ROOT else "Verkehr"))
    body = gopher.encode(write_menu(menu), host="taz.de", port=70)
    return capture(
        BASE, hours, **{"key": key, "url": f"gopher://taz.de/1{selector(key)}", "body": body, **changes}
    )
