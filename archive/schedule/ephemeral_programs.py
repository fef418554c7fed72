"""Whether the program that cron is to start will stay where it is."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import archive
from archive.errors import ScheduleError

# Folders that hold what may be removed at any time, as environment variables name them, and where they are
# without. uv and pipx run programs from their caches (`uvx`, `uv run --isolated`, `pipx run`).
CACHES = {"XDG_CACHE_HOME": "", "UV_CACHE_DIR": ""}
TEMPORARY = {"TMPDIR": "/tmp", "XDG_RUNTIME_DIR": "/run"}  # noqa: S108 - nothing is written there
ALWAYS_TEMPORARY = ("/var/tmp", "/dev/shm")  # noqa: S108 - the same
CACHE_PARTS = {".cache", "Caches", ".tox", ".nox"}  # of paths
CACHE_TAG = "CACHEDIR.TAG"  # https://bford.info/cachedir/


def refuse_ephemeral() -> None:
    """Raise :exc:`ScheduleError` if this program runs from a cache or a temporary folder."""
    folders = program_folders(Path(sys.prefix), Path(archive.__file__).parent)
    for folder in folders:
        if kind := ephemeral_kind(folder, os.environ):
            raise ScheduleError(
                f"this program runs from a {kind}, {folder}, which may be removed before cron starts it;"
                " install it to stay, with `uv tool install` or `pipx install`, and schedule with that"
            )


def program_folders(environment: Path, package: Path) -> list[Path]:
    """Return the folders a program needs: its environment, and its package where that is elsewhere.

    Not the package within an environment: uv tags those that stay as caches too, on the inside.
    """
    return [environment] if package.is_relative_to(environment) else [environment, package]


def ephemeral_kind(folder: Path, environment: Mapping[str, str]) -> str | None:
    """Return ``cache`` or ``temporary folder`` for what may be removed at any time; None for what stays."""
    places = {folder.absolute(), folder.resolve()}
    if any(_is_in_cache(place, environment) for place in places):
        return "cache"
    temporary = [*_named(TEMPORARY, environment), *map(Path, ALWAYS_TEMPORARY)]
    return "temporary folder" if _any_within(places, temporary) else None


def _is_in_cache(place: Path, environment: Mapping[str, str]) -> bool:
    return (
        bool(CACHE_PARTS & set(place.parts))
        or _any_within({place}, _named(CACHES, environment))
        or any((parent / CACHE_TAG).is_file() for parent in place.parents)
    )


def _named(folders: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders that variables name, or their defaults."""
    for variable, default in folders.items():
        if name := environment.get(variable) or default:
            yield from (Path(name).absolute(), Path(name).resolve())


def _any_within(places: set[Path], folders: Iterator[Path] | list[Path]) -> bool:
    return any(place.is_relative_to(folder) for folder in folders for place in places)
