"""The project is written in plain English, and one name means one thing."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.slow  # the text is the same on every Python
# Words that a native reader stumbles over in technical prose. Other forms of a verb are other words.
REFUSED = (
    *(
        "alone",
        "anew",
        "beside",
        "hand on",
        "hands on",
        "in haste",
        "(?-i:is none)",
        "at leisure",
        "lest",
        "lies",
    ),
    *("nobody", "tell of", "tells of", "told", "whoever", "whom"),
)
WORDS = re.compile(rf"(?<![a-z])({'|'.join(REFUSED)})(?![a-z])", re.IGNORECASE)
FOLDERS = ("archive", "crawler", "benchmarks", "docs", "tests", ".github")
SUFFIXES = {".py", ".md", ".html", ".js", ".css", ".yml"}
GERMAN = ("crawler/demo/newspaper/newsroom/vocabulary.py",)
EACH_MODULE_HAS = {"RENDITION"}  # what a module of archive/renditions registers
CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+")


def texts() -> list[Path]:
    """Everything that the project says: code, documents, templates."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    ours = [path for path in [*ROOT.glob("*.md"), *inside] if str(path.relative_to(ROOT)) not in GERMAN]
    return sorted(path for path in ours if path != Path(__file__) and "tests/pages" not in str(path))


@pytest.mark.parametrize("path", texts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_word_makes_a_reader_stumble(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").replace("_", " ").splitlines()
    found = [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if WORDS.search(line)]
    assert found == []


def public_names(path: Path) -> Iterator[str]:
    """Classes and constants that a module defines at its top level."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (each.id for each in targets if isinstance(each, ast.Name) and CONSTANT.fullmatch(each.id))


def test_no_public_class_or_constant_is_defined_twice() -> None:
    modules = defaultdict(list)
    for package in ("archive", "crawler"):
        for path in (ROOT / package).rglob("*.py"):
            for name in public_names(path):
                if not name.startswith("_"):
                    modules[name].append(str(path.relative_to(ROOT)))
    assert {
        name: places for name, places in modules.items() if len(places) > 1 and name not in EACH_MODULE_HAS
    } == {}
