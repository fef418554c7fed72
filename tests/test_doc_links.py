"""Links between the documents lead to existing files and headings, and the index of decisions is complete."""

import re
from pathlib import Path

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.slow  # the text is the same on every Python
DECISIONS = ROOT / "docs" / "decisions"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def headings(document: Path) -> list[str]:
    text = FENCED.sub("", document.read_text(encoding="utf-8"))
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def anchor(heading: str) -> str:
    """Return a heading's anchor by GitHub's rule."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    broken = []
    for path, fragment in LINK.findall(FENCED.sub("", document.read_text(encoding="utf-8"))):
        target = document.parent / path if path else document
        if not target.exists() or (fragment and fragment not in map(anchor, headings(target))):
            broken.append(f"{path}#{fragment}")
    assert broken == []


def test_the_index_of_decisions_lists_every_decision_in_order() -> None:
    index = (DECISIONS.parent / "decisions.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[(.+)\]\(decisions/(.+)\.md#", index, re.MULTILINE)
    files = dict.fromkeys(name for _, name in listed)
    written = [(title, name) for name in files for title in headings(DECISIONS / f"{name}.md")[1:]]
    assert listed == written
    assert {file.stem for file in DECISIONS.glob("*.md")} == set(files)
