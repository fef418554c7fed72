"""``verify`` finds captures that were changed after their root was published, whatever the owner did."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from archive.store import back_up, open_writer, rebuild
from archive.witness.checking import check_witnesses, published_records
from tests.support.samples.captures import HOUR, NOON, absence_of
from tests.support.samples.witnessed_archive import change, records_of, tamper, taz_archive, witnessed_archive

COLUMNS = "article_id, version_id, crawl_id, page_id, source, rendition, url, payload_id, outcome, problem"
TAMPERINGS = {
    "UPDATE captures SET captured_at = '2025-04-10T12:00:01.000Z' WHERE id = 1": "1 to 2",
    "UPDATE captures SET source = 'gemini' WHERE id = 3": "3 to 4",
    "UPDATE captures SET url = url || '/' WHERE id = 6": "5 to 6",
    "UPDATE payloads SET digest = randomblob(32) WHERE id = (SELECT payload_id FROM captures WHERE id = 1)": (
        "1 to 2"
    ),
    "DELETE FROM captures WHERE id = 4": "3 to 4",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return witnessed_archive(tmp_path_factory.mktemp("witnessed") / "taz.db")


@pytest.fixture
def witnessed(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template.parent, tmp_path / "copy")) / template.name


def faults(path: Path, *given: Path) -> list[str]:
    found = check_witnesses(path, published_records(path, given)).faults
    assert all(fault.part == "captures" for fault in found)
    return [fault.what for fault in found]


def test_an_archive_has_the_roots_that_were_published(witnessed: Path) -> None:
    done = taz_archive("verify", witnessed)
    assert done.exit_code == 0
    assert "witnessed: 3 published roots, the last of " in done.output
    found = json.loads(taz_archive("verify", witnessed, "--json").output)
    assert (found["published_roots"], found["published_roots_holding"]) == (3, 3)


@pytest.mark.parametrize("statement", TAMPERINGS)
def test_a_change_is_found_though_the_owner_computes_all_roots_again(witnessed: Path, statement: str) -> None:
    tamper(witnessed, statement)
    (fault,) = faults(witnessed)
    among = TAMPERINGS[statement]
    assert f"some were changed, removed or inserted among those with numbers from {among}" in fault
    first = list(records_of(witnessed))[int(among[0]) // 2]
    assert str(first) in fault


def test_without_the_published_roots_such_a_change_is_not_found(witnessed: Path) -> None:
    tamper(witnessed, "UPDATE captures SET source = 'gemini' WHERE id = 3")
    assert taz_archive("verify", witnessed, "--all").exit_code == 5
    shutil.rmtree(next(records_of(witnessed)).parent)
    assert taz_archive("verify", witnessed, "--all").exit_code == 0


@pytest.mark.parametrize("options", [(), ("--all",)])
def test_a_change_is_found_though_the_stored_tree_is_left_as_it_was(
    witnessed: Path, options: tuple[str, ...]
) -> None:
    change(witnessed, "UPDATE captures SET source = 'gemini' WHERE id = 3")
    done = taz_archive("verify", witnessed, *options)
    assert done.exit_code == 5
    assert "numbers from 3 to 4; nor does it have the next root" in done.output


def test_a_deletion_is_found_though_periods_without_a_root_still_have_the_capture(witnessed: Path) -> None:
    change(
        witnessed,
        *("DELETE FROM captures WHERE id = 3", "DELETE FROM roots", "DELETE FROM added_captures"),
        "INSERT INTO added_captures SELECT id, id FROM captures",
    )
    assert "numbers from 3 to 4" in faults(witnessed)[0]
    shutil.rmtree(next(records_of(witnessed)).parent)
    found = taz_archive("verify", witnessed, "--all").output
    assert "root of 17 stored periods of captures is missing" in found


def insertion(number: int, *, like: int) -> str:
    """Insert a capture as another one, but half a second later."""
    later = "substr(captured_at, 1, 19) || '.500Z'"
    values = f"SELECT {number}, {later}, {COLUMNS} FROM captures WHERE id = {like}"
    return f"INSERT INTO captures (id, captured_at, {COLUMNS}) {values}"


def test_an_insertion_among_captures_that_were_witnessed_is_found(witnessed: Path) -> None:
    renumber = [f"UPDATE captures SET id = {number + 1} WHERE id = {number}" for number in (6, 5)]
    tamper(witnessed, *renumber, insertion(5, like=6))
    (fault,) = faults(witnessed)
    assert "inserted among those with numbers from 5 to 6" in fault


def test_an_insertion_with_a_new_number_is_shown_as_one_that_came_later(witnessed: Path) -> None:
    tamper(witnessed, insertion(7, like=2))
    done = taz_archive("verify", witnessed)
    assert done.exit_code == 0
    assert "1 capture of earlier times came later" in done.output


def test_older_captures_that_come_later_are_no_fault(witnessed: Path) -> None:
    with open_writer(witnessed) as archive:
        archive.record([absence_of(700005, NOON - HOUR), absence_of(700006, NOON + 30 * HOUR)])
    done = taz_archive("verify", witnessed, "--all")
    assert done.exit_code == 0
    assert "3 published roots" in done.output
    assert "2 captures of earlier times came later" in done.output
    tamper(witnessed, "UPDATE captures SET source = 'gemini' WHERE id = 4")
    assert "numbers from 3 to 4" in faults(witnessed)[0]


def test_an_older_copy_of_the_archive_lacks_what_was_witnessed(witnessed: Path, tmp_path: Path) -> None:
    back_up(witnessed, tmp_path / "old.db")
    with open_writer(witnessed) as archive:
        archive.record([absence_of(700007, NOON + timedelta(days=9))])
    assert taz_archive("witness", witnessed).exit_code == 0
    taz_archive("restore", witnessed, tmp_path / "old.db")
    (fault,) = faults(witnessed)
    assert "is of 7 captures, the archive has 6: some were removed, or this is an older copy" in fault
    with open_writer(witnessed) as archive:
        archive.record([absence_of(700008, NOON + timedelta(days=10))])
    assert "numbers from 7 to 7" in faults(witnessed)[0]


def test_a_removed_last_capture_is_counted_though_the_stored_tree_still_has_it(witnessed: Path) -> None:
    change(witnessed, "DELETE FROM captures WHERE id = 6")
    assert "is of 6 captures, the archive has 5: some were removed" in faults(witnessed)[0]


def test_captures_keep_their_numbers_when_the_file_is_rebuilt(witnessed: Path) -> None:
    with open_writer(witnessed) as archive:  # so that the number of a capture matters
        archive.record([absence_of(700005, NOON - HOUR)])
    rebuild(witnessed, lambda _: None)
    assert taz_archive("verify", witnessed).exit_code == 0


def test_records_elsewhere_are_checked_too(witnessed: Path, tmp_path: Path) -> None:
    published = tmp_path / "published.jsonl"
    assert taz_archive("witness", witnessed, "--file", published).exit_code == 0
    folder = witnessed.with_name("taz.db.roots").rename(tmp_path / "copied")
    tamper(witnessed, "UPDATE captures SET source = 'gemini' WHERE id = 4")
    assert faults(witnessed) == []
    assert f"{published}, line 1: " in faults(witnessed, published)[0]
    (fault,) = faults(witnessed, folder)
    assert fault.endswith("from 3 to 4; nor does it have the next root")
    assert faults(witnessed, folder, folder) == [fault]
    assert len(faults(witnessed, min(folder.glob("*.json")))) == 0
    assert len(faults(witnessed, max(folder.glob("*.json")))) == 1


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\xff\xfe", b"[" * 900, b"x" * 5000])
def test_a_damaged_record_is_a_fault_that_is_no_damage_of_captures(witnessed: Path, content: bytes) -> None:
    damaged = next(records_of(witnessed))
    damaged.write_bytes(content)
    done = taz_archive("verify", witnessed)
    assert done.exit_code == 5
    assert f"witnesses: {damaged}: this is not a record of a root" in done.output
    assert "compare them with the published ones" in done.output
    assert "2 published roots" in done.output
    assert "--repair" not in done.output


def test_a_file_without_records_is_refused(witnessed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    for content in ("{}\n", "text", f"{next(records_of(witnessed)).read_text().strip()}"):
        other.write_text(content)
        done = taz_archive("verify", witnessed, "--root", other)
        assert done.exit_code == 1
        assert f"{other}: line 1" in done.output
    done = taz_archive("verify", witnessed, "--root", tmp_path / "missing")
    assert done.exit_code == 1
    assert "missing: no such file" in done.output


@pytest.mark.parametrize("statement", ["DROP TABLE capture_periods", "UPDATE captures SET captured_at = 'x'"])
def test_damage_of_other_kinds_is_an_error_of_one_line(witnessed: Path, statement: str) -> None:
    change(witnessed, statement)
    assert len(faults(witnessed)) == 1
    done = taz_archive("witness", witnessed)
    assert (done.exit_code, done.output.count("\n")) == (5, 1)


def test_the_history_of_checks_counts_the_faults_of_published_roots(witnessed: Path) -> None:
    tamper(witnessed, "UPDATE captures SET source = 'gemini' WHERE id = 4")
    assert taz_archive("verify", witnessed).exit_code == 5
    last, *_ = json.loads(taz_archive("verify", witnessed, "--history", "--json").output)
    assert last["faults"] == 1
