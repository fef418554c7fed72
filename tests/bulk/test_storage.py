"""Files of datasets on a local disk."""

import os
from pathlib import Path

import pytest

from archive.bulk.storage import open_storage
from archive.errors import DatasetError


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_files_have_the_mode_that_the_umask_gives(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        open_storage(str(tmp_path)).write("parts/one.json", b"{}")
    finally:
        os.umask(before)
    assert (tmp_path / "parts" / "one.json").stat().st_mode & 0o777 == mode


def test_many_files_are_read_in_order(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    names = [f"parts/{number:02}.json" for number in range(50)]
    for name in names:
        storage.write(name, name.encode())
    assert list(storage.read_all(names, most=20)) == [(name, name.encode()) for name in names]
    with pytest.raises(DatasetError, match=r"parts/00\.json: is larger than 3 bytes"):
        list(storage.read_all(names, most=3))


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    assert storage.find("one", most=1) is None
    with pytest.raises(DatasetError, match="one: is missing"):
        storage.read("one", most=1)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1/captures", "reference://captures", "other://captures"])
def test_a_url_that_cannot_be_opened_is_an_error_that_names_it(url: str) -> None:
    with pytest.raises(DatasetError, match=f"^{url}: ."):
        open_storage(url)


@pytest.mark.parametrize("url", ["sftp://me:secret@host/x", "s3://key:secret@bucket/x", "ftp://:secret@host"])
def test_a_url_with_a_password_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(DatasetError, match="a URL with a password is refused") as refused:
        open_storage(url)
    assert "secret" not in str(refused.value)
