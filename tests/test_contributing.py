"""The tutorial "Add a gateway" in CONTRIBUTING.md works as written."""

import re
from textwrap import dedent
from types import ModuleType

import pytest

from archive import gateways
from archive.gateways import WebGateway
from archive.model import Article, Kind, PageKey
from archive.renditions.decode import read_page, renditions
from archive.renditions.rendition import Rendition
from crawler.sources.gateways import read_seed
from tests.support import ROOT

ARTICLE = PageKey(Kind.ARTICLE, 6081430)
BLOCK = re.compile(r"^( *)```python\n(?P<code>.*?)^\1```", re.MULTILINE | re.DOTALL)


def code(beginning: str) -> str:
    """Return the only block of Python that begins so."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    blocks = [dedent(match["code"]) for match in BLOCK.finditer(text)]
    (found,) = (block for block in blocks if block.startswith(beginning))
    return found


@pytest.fixture
def gateway() -> WebGateway:
    row = eval(code("WebGateway("), vars(gateways))
    assert isinstance(row, WebGateway)
    return row


@pytest.fixture
def zettel(monkeypatch: pytest.MonkeyPatch) -> Rendition:
    """The rendition, registered as a module of that name would be."""
    module = ModuleType("archive.renditions.forms.zettel")
    exec(code("# archive/renditions/forms/zettel.py"), vars(module))
    rendition = module.RENDITION
    assert isinstance(rendition, Rendition)
    monkeypatch.setitem(renditions(), "zettel", rendition)
    return rendition


def test_the_row_describes_the_urls(gateway: WebGateway) -> None:
    source, key = read_seed(gateway, "https://zettel.example/taz.de/1/%216081430")
    assert key == ARTICLE
    assert source.url(ARTICLE) == "https://zettel.example/taz.de/1/%216081430"


def test_the_row_names_the_rendition(gateway: WebGateway, zettel: Rendition) -> None:
    assert gateway.rendition == zettel.name


def test_the_tests_of_the_tutorial_pass(zettel: Rendition) -> None:
    tests: dict[str, object] = {}
    exec(code("# tests/renditions/forms/test_zettel.py"), tests)
    functions = [test for name, test in tests.items() if name.startswith("test_") and callable(test)]
    assert len(functions) == 2
    for test in functions:
        test()
    page = read_page(tests["PAGE"], key=None, rendition=zettel.name)  # type: ignore[arg-type]  # bytes
    assert isinstance(page, Article)
    assert page.authors[0].name == "Ada Beispiel"
