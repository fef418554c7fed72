"""The pages as folders of ``gophermap`` files, for gopher servers that serve files.

Both gophernicus and pygopherd read the maps of bucktooth, each with its own idea of what a row may
leave out. So no row leaves anything out but host and port of rows that lead home, which both fill in.
Gophernicus breaks a row of 1,024 bytes or more in two; the newspaper has none.
"""

from collections.abc import Iterable
from pathlib import Path

from archive.model import Line, PageKey
from archive.pagekey import page_key, selector
from archive.renditions.forms.gopher import selector_to
from archive.servers.site import ROBOTS
from crawler.demo.newspaper.pages.edition import Pages

MAP = "gophermap"


def write_tree(pages: Pages, keys: Iterable[PageKey], folder: Path, *, robots: str = ROBOTS) -> None:
    """Write each page's map to ``folder/!6081430/gophermap``, and robots.txt.

    Links name slugs, ``/Some-Slug/!6081430``: those that the written pages use lead to the same folders.
    """
    targets: set[str] = set()
    for key in keys:
        if page := pages.page(key):
            lines = pages.lines(page)
            rows = "".join(f"{map_row(line)}\n" for line in lines)
            _write(_folder(folder, selector(key)) / MAP, rows)
            targets.update(line.target for line in lines if line.target and line.target.startswith("/"))
    _write(_folder(folder, "") / "robots.txt", robots)
    for target in targets:
        _link(folder, target)


def map_row(line: Line) -> str:
    """``<type><text> TAB <selector>``; a link home leaves out host and port.

    Text has a selector, or pygopherd would take the text for one, and a host, or it would look for a file.
    """
    if line.target is None:
        return f"{line.item}{line.text}\t/\t(NULL)\t0"
    return f"{line.item}{line.text}\t{selector_to(line.target)}"


def _folder(top: Path, path: str) -> Path:
    """Create a folder readable by everyone, whatever the umask, as gophernicus requires."""
    folder = top / path.lstrip("/")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)


def _link(folder: Path, target: str) -> None:
    """``Some-Slug/!6081430`` → ``!6081430``, if that page was written."""
    key = page_key(target)
    path = folder / target.lstrip("/")
    if key is None or not (folder / selector(key).lstrip("/")).is_dir() or path.exists():
        return
    _folder(folder, str(path.parent.relative_to(folder)))
    path.symlink_to(Path("..") / selector(key).lstrip("/"), target_is_directory=True)
