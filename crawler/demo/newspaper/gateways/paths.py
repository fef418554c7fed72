"""Links of gateways that have a gopher URL in the path of theirs."""

from urllib.parse import quote

from archive.model import Line
from archive.paper import HOST


def href(line: Line) -> str:
    """``/taz.de/1/Some-Slug/%216081430``; out of the paper, the URL itself."""
    target = line.target or ""
    return f"/{HOST}/{line.item}{quote(target)}" if target.startswith("/") else target
