"""What is true of this newspaper only is written down once, in ``archive/paper.py``."""

import ast
import re
from pathlib import Path

from archive.paper import HOST

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "crawler" / "demo"  # a newspaper of its own
PAPER = ROOT / "archive" / "paper.py"
MARKDOWN_CODE = re.compile(r"`[^`]*`")  # in descriptions of columns: an example


def test_no_other_module_names_the_papers_host() -> None:
    modules = [path for folder in ("archive", "crawler") for path in (ROOT / folder).rglob("*.py")]
    others = [path for path in modules if path != PAPER and not path.is_relative_to(DEMO)]
    found = [f"{path.relative_to(ROOT)}:{line}" for path in others for line in lines_naming_the_host(path)]
    assert others
    assert not found, found


def test_no_template_names_the_papers_host() -> None:
    templates = list((ROOT / "archive").rglob("*.html"))
    assert templates
    assert [path.name for path in templates if HOST in path.read_text()] == []


def test_the_search_for_the_host_finds_it(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""taz.de"""\nURL = "//taz.de/"\nTITLE = r"# taz\\.de"\nTEXT = "`taz.de:70`"\n')
    assert lines_naming_the_host(module) == [2, 3]


def lines_naming_the_host(path: Path) -> list[int]:
    """Return the lines of strings with the host in them; docstrings and examples in Markdown do not count."""
    tree = ast.parse(path.read_text())
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str | bytes)
        and id(node) not in documentation
        and HOST in MARKDOWN_CODE.sub("", _text(node.value)).replace("\\", "")
    ]


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
