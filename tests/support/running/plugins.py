"""Install packages that extend the program into a folder, and run the program with them."""

import os
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support import ROOT
from tests.support.running.crawls import COMMAND, Done, run


def install(package: Path, folder: Path) -> None:
    """Put a package and the metadata of its installation into a folder of PYTHONPATH."""
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    shutil.copytree(package, folder, dirs_exist_ok=True)
    metadata = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    points = project["entry-points"]["taz_archive"].items()
    (metadata / "entry_points.txt").write_text(
        "".join(["[taz_archive]\n", *(f"{name} = {module}\n" for name, module in points)])
    )


def install_source(folder: Path, source: str, name: str = "broken") -> Path:
    """Install a plugin with this source; return the folder to put into PYTHONPATH."""
    package = folder / "sources" / name
    package.mkdir(parents=True)
    (package / f"{name}_plugin.py").write_text(source)
    (package / "pyproject.toml").write_text(
        f'[project]\nname = "{name}"\nversion = "1"\n'
        f'[project.entry-points.taz_archive]\n{name} = "{name}_plugin"\n'
    )
    install(package, folder / "site")
    return folder / "site"


def run_with_plugins(
    site: Path, *words: object, before: Sequence[str] = COMMAND, env: Mapping[str, str] | None = None
) -> Done:
    """Run ``taz-archive``, or another program, with the plugins in a folder and more environment."""
    path = f"{ROOT}{os.pathsep}{site}"
    return run([*before, *map(str, words)], env={**os.environ, "PYTHONPATH": path, **(env or {})})
