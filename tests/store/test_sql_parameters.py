"""Parameters of SQL have names or places, but no numbers: from Python 3.12 on, numbers with a list warn."""

import ast
import re

from tests.support import ROOT

NUMBERED = re.compile(r"[\s(,=]\?[0-9]")


def test_no_parameter_is_numbered() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {node.value}"
        for path in sorted((ROOT / "archive").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NUMBERED.search(node.value)
    ]
    assert found == []
