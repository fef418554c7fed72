"""The catalogues of translations are complete, and docs/translations.py says so when they are not."""

import shutil
from pathlib import Path
from types import ModuleType

import pytest

from archive.languages import CATALOGUES, LANGUAGES
from tests.support import ROOT
from tests.support.running.scripts import load_script

pytestmark = pytest.mark.slow  # catalogues are the same on every Python
TRANSLATED = LANGUAGES[1:]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script(ROOT / "docs" / "translations.py")


@pytest.fixture
def catalogues(tmp_path: Path) -> Path:
    """A copy of the catalogues, to be spoiled."""
    shutil.copytree(CATALOGUES, tmp_path / "catalogues")
    return tmp_path / "catalogues"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_compiled_and_nothing_else(script: ModuleType, language: str) -> None:
    """If this fails: run `make translations`, translate what it lists in the .po, and run it again."""
    assert list(script.problems(language, script.collected())) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_updating_catalogues_that_are_complete_changes_nothing(
    script: ModuleType, catalogues: Path, language: str
) -> None:
    script.update(language, script.collected(), catalogues)
    assert script.po_file(language, catalogues).read_text() == script.po_file(language).read_text()


SPOILED = [
    ('msgstr "Suche"', 'msgstr ""', "not translated: Search"),
    ('msgstr "Suche"', 'msgstr "Suche %(what)s"', "other tags or placeholders than in English: Search"),
    ('msgstr "Suche"', 'msgstr "<b>Suche</b>"', "other tags or placeholders than in English: Search"),
    ('msgid "Search"', '#, fuzzy\nmsgid "Search"', "fuzzy: Search"),
    ('msgid "Search"', 'msgid "Seeking"', "not in the program: Seeking"),
    ('msgid "Search"', 'msgid "Seeking"', "not in the catalogue: Search"),
    ('msgid "Search"\nmsgstr', '#~ msgid "Search"\n#~ msgstr', "obsolete: Search"),
    ('msgstr "Suche"', 'msgstr "Finden"', "the compiled catalogue is stale"),
]


@pytest.mark.parametrize(("text", "spoiled", "problem"), SPOILED)
def test_a_catalogue_that_is_not_complete_is_noticed(
    script: ModuleType, catalogues: Path, text: str, spoiled: str, problem: str
) -> None:
    file = script.po_file("de", catalogues)
    assert text in file.read_text()
    file.write_text(file.read_text().replace(text, spoiled, 1))
    found = list(script.problems("de", script.collected(), catalogues))
    assert [line for line in found if line.startswith(problem)]


def test_an_update_adds_new_texts_and_drops_old_ones(
    script: ModuleType, catalogues: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = script.po_file("de", catalogues)
    file.write_text(file.read_text().replace('msgid "Search"', 'msgid "Find"'))
    assert script.main([], catalogues) == 1
    assert "de: not translated: Search" in capsys.readouterr().out
    assert 'msgid "Find"' not in file.read_text()
    file.write_text(file.read_text().replace('msgid "Search"\nmsgstr ""', 'msgid "Search"\nmsgstr "Suche"'))
    assert script.main([], catalogues) == 0
