"""Archives that are assembled replace others together, and only if they may."""

import sqlite3
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from archive.errors import StoreError
from archive.store.assembly import assembling
from archive.store.assembly.assembling import new_archives, open_assembly
from archive.store.db.lock import writing
from tests.support.samples.captures import BASE, archive_of, capture
from tests.support.tables import rows


def _replace_by_empty(targets: list[Path]) -> None:
    with new_archives(targets, replace=True, patience=0) as files:
        for file in files:
            with open_assembly(file) as assembly:
                assembly.finish([], lambda _: None)


def test_no_archive_is_replaced_if_another_one_cannot_be(tmp_path: Path) -> None:
    targets = [archive_of(tmp_path / f"{name}.db", [capture(BASE, 0)]) for name in "ab"]
    with closing(sqlite3.connect(targets[1])) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM captures").fetchone()
        with pytest.raises(StoreError, match=r"b\.db"):
            _replace_by_empty(targets)
    assert [rows(target, "SELECT count(*) FROM captures") for target in targets] == [[(1,)], [(1,)]]
    assert not list(tmp_path.glob("*.part"))


def test_an_archive_that_a_crawl_creates_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crawled_meanwhile(path: Path) -> AbstractContextManager[None]:
        archive_of(path, [capture(BASE, 0)])
        return writing(path)

    monkeypatch.setattr(assembling, "writing", crawled_meanwhile)
    with pytest.raises(StoreError, match="exists; --replace"), new_archives([tmp_path / "taz.db"]):
        pass
    assert rows(tmp_path / "taz.db", "SELECT count(*) FROM captures") == [(1,)]
