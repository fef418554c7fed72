"""How to install a library that only some commands need."""

import re
import sys
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path
from shlex import quote


def install_command(library: str) -> str:
    """Return a shell command that adds ``library`` to the environment this program runs in.

    The package is not in an index, so that its extras cannot be named. Environments of pipx, recognised by a
    file, are changed by pipx only; those of uv have no pip.
    """
    requirement, environment, python = quote(_requirement(library)), Path(sys.prefix), quote(sys.executable)
    if (environment / "pipx_metadata.json").exists():
        return f"pipx inject {quote(environment.name)} {requirement}"
    if find_spec("pip"):
        return f"{python} -m pip install {requirement}"
    return f"uv pip install --python {python} {requirement}"


def _requirement(library: str) -> str:
    """Return a library with its versions from ``pyproject.toml``: ``pyarrow>=17``."""
    named = re.compile(rf"{re.escape(library)}(?![\w.-])", re.IGNORECASE)
    found = (line.partition(";")[0].strip() for line in requires("taz-archive") or () if named.match(line))
    return next(found, library)
