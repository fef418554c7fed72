"""Shell commands that messages suggest, quoted so that they can be pasted."""

import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

# Libraries whose modules have another name.
_LIBRARIES = {"OpenSSL": "pyopenssl", "PIL": "pillow", "font_source_sans_pro": "font-source-sans-pro"}


def command(name: str, *words: object) -> str:
    """Return a command of this program, with words quoted where a shell needs it."""
    return shlex.join(["taz-archive", name, *map(str, words)])


def install_command(*libraries: str) -> str:
    """Return a command that adds libraries to the environment this program runs in.

    The package is not in an index, so that its extras cannot be named. Environments of pipx, recognised by a
    file, are changed by pipx only; those of uv have no pip.
    """
    requirements, environment = map(_requirement, libraries), Path(sys.prefix)
    if (environment / "pipx_metadata.json").exists():
        return shlex.join(["pipx", "inject", environment.name, *requirements])
    if find_spec("pip"):
        return shlex.join([sys.executable, "-m", "pip", "install", *requirements])
    return shlex.join(["uv", "pip", "install", "--python", sys.executable, *requirements])


def _requirement(module: str) -> str:
    """Return a library with its versions from ``pyproject.toml``: ``pyarrow>=17``."""
    from importlib.metadata import requires  # noqa: PLC0415 - slower than all else a crawl without work does

    library = _LIBRARIES.get(module, module)
    named = re.compile(rf"{re.escape(library)}(?![\w.-])", re.IGNORECASE)
    found = (line.partition(";")[0].strip() for line in requires("taz-archive") or () if named.match(line))
    return next(found, library)
