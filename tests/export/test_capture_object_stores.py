"""Captures in object stores: exported to S3 and imported from it, with stores that fail half-way."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.bulk.captures.dataset import capture_files, read_facts
from archive.bulk.storage import open_storage
from archive.errors import DatasetError
from archive.store import CaptureFact
from tests.support.samples.exported_archive import VISITS, make_archive, taz_archive
from tests.support.servers.object_stores import (
    BUCKET,
    ObjectStore,
    failing_store,
    rclone_store,
    seaweedfs_store,
)
from tests.support.tables import derived_rows


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(tmp_path_factory.mktemp("s3") / "taz.db")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    with rclone_store(tmp_path / "store") as store:
        yield store


def facts(place: object) -> list[CaptureFact]:
    storage = open_storage(str(place))
    return [one for files in capture_files(storage).values() for one in read_facts(storage, files)]


def export(archive: Path, place: object, *args: object) -> None:
    ended = taz_archive("export", archive, place, "--format", "captures", *args)
    assert (ended.code, ended.stderr) == (0, "")


def fail_to_export(archive: Path, url: str) -> str:
    ended = taz_archive("export", archive, url, "--format", "captures")
    assert ended.code == 1
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_a_bucket_makes_the_same_archive(archive: Path, store: ObjectStore, tmp_path: Path) -> None:
    with store.in_environment() as url:
        export(archive, url, "--as-of", VISITS[1].isoformat())
        export(archive, url)
        assert taz_archive("import", tmp_path / "new.db", url).code == 0
    assert derived_rows(tmp_path / "new.db") == derived_rows(archive)


def test_a_bucket_and_a_folder_have_the_same_files(archive: Path, store: ObjectStore, tmp_path: Path) -> None:
    with store.in_environment() as url:
        export(archive, url)
    export(archive, tmp_path / "captures")
    shutil.copytree(tmp_path / "store" / BUCKET / "captures", tmp_path / "copy")
    names = [
        sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*"))
        for folder in (tmp_path / "captures", tmp_path / "copy")
    ]
    assert names[0] == names[1]


def test_seaweedfs_makes_the_same_archive(archive: Path, tmp_path: Path) -> None:
    with seaweedfs_store(tmp_path) as store, store.in_environment() as url:
        export(archive, url)
        export(archive, url)
        assert taz_archive("import", tmp_path / "new.db", url).code == 0
    assert derived_rows(tmp_path / "new.db") == derived_rows(archive)


@pytest.mark.parametrize("status", [503, 507])
def test_a_store_that_is_full_half_way_is_completed_by_the_next_export(
    archive: Path, store: ObjectStore, tmp_path: Path, status: int
) -> None:
    failing = failing_store(store, "PUT", served=3, status=status)
    with failing as proxy, store.in_environment(proxy.server_port) as url:
        said = fail_to_export(archive, url)
    assert said.startswith(f"taz-archive: {url}/")
    assert ".parquet: " in said
    assert proxy.refused <= 8  # tries
    with store.in_environment() as url:
        assert facts(url) == []
        export(archive, url)
        export(archive, tmp_path / "whole")
        assert facts(url) == facts(tmp_path / "whole")


def test_an_import_of_which_half_arrives_is_completed_by_the_next(
    archive: Path, store: ObjectStore, tmp_path: Path
) -> None:
    with store.in_environment() as url:
        export(archive, url)
    failing = failing_store(store, "GET", served=5, status=503)
    with failing as proxy, store.in_environment(proxy.server_port) as url:
        ended = taz_archive("import", tmp_path / "new.db", url)
    assert (ended.code, ended.stderr.count("\n")) == (1, 1)
    assert ended.stderr.startswith(f"taz-archive: {url}/")
    with store.in_environment() as url:
        assert taz_archive("import", tmp_path / "new.db", url).code == 0
    assert derived_rows(tmp_path / "new.db") == derived_rows(archive)


def test_a_store_that_is_down_is_one_line(archive: Path, store: ObjectStore) -> None:
    store.kill()
    with store.in_environment() as url:
        said = fail_to_export(archive, url)
        assert taz_archive("import", "new.db", url).code == 1
    assert said.startswith(f"taz-archive: {url}: Could not connect to the endpoint URL")


def test_a_store_that_hangs_is_given_up(store: ObjectStore) -> None:
    with store.in_environment() as url:
        storage = open_storage(url)
        storage.fs.read_timeout = 0.3
        storage.write("one", b"1")
        with store.hanging(), pytest.raises(DatasetError, match=f"{url}/one: .*[Tt]imeout"):
            storage.read("one", most=9)
        assert storage.read("one", most=9) == b"1"


def test_a_wrong_key_is_one_line(archive: Path, store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.in_environment() as url:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        said = fail_to_export(archive, url)
    assert said.startswith(f"taz-archive: {url}: ")


def test_a_bucket_that_is_missing_is_one_line(archive: Path, store: ObjectStore) -> None:
    with store.in_environment():
        said = fail_to_export(archive, "s3://nowhere/captures")
    assert "its folder or bucket is missing" in said


def test_a_url_without_captures_is_one_line(store: ObjectStore, tmp_path: Path) -> None:
    with store.in_environment() as url:
        ended = taz_archive("import", tmp_path / "new.db", url)
    assert ended.code == 1
    assert f"{url}: has no captures" in ended.stderr
    assert not (tmp_path / "new.db").exists()
