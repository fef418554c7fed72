"""Detect a program that runs from a cache or temporary folder, where cron may not find it later."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import archive
from archive.errors import ScheduleError

# Folders whose content may be removed at any time: variables that name them, and their defaults. uv and pipx
# run programs from caches (`uvx`, `uv run --isolated`, `pipx run`).
_CACHES = {"XDG_CACHE_HOME": "", "UV_CACHE_DIR": ""}
_TEMPORARY = {"TMPDIR": "/tmp", "XDG_RUNTIME_DIR": "/run"}  # noqa: S108 - nothing is written there
_ALWAYS_TEMPORARY = ("/var/tmp", "/dev/shm")  # noqa: S108 - nothing is written there
_CACHE_FOLDERS = {".cache", "Caches", ".tox", ".nox"}
_CACHE_TAG = "CACHEDIR.TAG"  # https://bford.info/cachedir/


def refuse_ephemeral() -> None:
    """Raise :exc:`ScheduleError` if this program runs from a cache or a temporary folder."""
    folders = program_folders(Path(sys.prefix), Path(archive.__file__).parent)
    for folder in folders:
        if kind := ephemeral_kind(folder, os.environ):
            raise ScheduleError(
                f"this program runs from a {kind}, {folder}, and may be gone when cron starts it;"
                " install it with `uv tool install` or `pipx install`, and schedule with that one"
            )


def program_folders(environment: Path, package: Path) -> list[Path]:
    """Return the folders a program needs: its environment, and its package if that is elsewhere.

    A package inside the environment is left out, since uv tags folders there as caches although they stay.
    """
    return [environment] if package.is_relative_to(environment) else [environment, package]


def ephemeral_kind(folder: Path, environment: Mapping[str, str]) -> str | None:
    """Return ``cache`` or ``temporary folder`` if a folder is one, else None."""
    places = {folder.absolute(), folder.resolve()}
    if any(_is_in_cache(place, environment) for place in places):
        return "cache"
    temporary = [*_named(_TEMPORARY, environment), *map(Path, _ALWAYS_TEMPORARY)]
    return "temporary folder" if _any_within(places, temporary) else None


def _is_in_cache(place: Path, environment: Mapping[str, str]) -> bool:
    return (
        bool(_CACHE_FOLDERS & set(place.parts))
        or _any_within({place}, _named(_CACHES, environment))
        or any((parent / _CACHE_TAG).is_file() for parent in place.parents)
    )


def _named(folders: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders that variables or their defaults name."""
    for variable, default in folders.items():
        if name := environment.get(variable) or default:
            yield from (Path(name).absolute(), Path(name).resolve())


def _any_within(places: set[Path], folders: Iterator[Path] | list[Path]) -> bool:
    return any(place.is_relative_to(folder) for folder in folders for place in places)
