"""Pages that kill the process which derives them are found, named and skipped."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.bulk.captures.dataset import write_facts, write_manifest
from archive.bulk.cluster.tasks import InThisProcess
from archive.bulk.derive.derive_plan import plan_derive
from archive.bulk.derive.derive_run import DeriveRun
from archive.bulk.derive.derived_dataset import read_records
from archive.bulk.storage import open_storage
from archive.model import Capture
from tests.support.running.crawls import run
from tests.support.running.derive_scenes import EDITED, LAST, NUMBERS, Scene, files_of, write_captures
from tests.support.running.special_pages import deadly
from tests.support.samples.capture_facts import facts_by_part
from tests.support.samples.captures import BASE, capture

pytestmark = pytest.mark.slow

OTHER = capture(BASE, 1, NUMBERS[0])  # of another part
REASON = "cannot be parsed: its process was killed"


def line_of(capture: Capture) -> str:
    return f"{capture.url}, {capture.captured_at:%Y-%m-%dT%H:%M:%S.000Z}: {REASON}"


def test_a_page_that_kills_its_process_is_named_and_skipped(
    scene: Scene, cluster: str, tmp_path: Path
) -> None:
    killers = [deadly(capture(EDITED, hours, LAST)) for hours in (4, 5)]
    captures = write_captures(tmp_path / "captures", OTHER, capture(BASE, 1, LAST), *killers)
    out, lines = tmp_path / "derived", [line_of(killer) for killer in killers]
    done = scene.derive(out, "--scheduler", cluster, captures=captures)
    assert done.stderr == "".join(f"taz-archive: skipped: {line}\n" for line in lines)
    assert done.returncode == 3
    assert done.stdout == "2 parts derived, 4 captures, 2 articles, 2 versions, 2 pages skipped\n"
    skipped = {record.part.first: record.skipped for record in read_records(open_storage(str(out)))}
    assert skipped == {NUMBERS[0] - 1: (), LAST - 1: tuple(lines)}
    again = scene.derive(out, "--json", captures=captures)
    assert again.returncode == 3
    assert (json.loads(again.stdout)["unchanged"], json.loads(again.stdout)["skipped"]) == (2, lines)


def derive_apart(captures: Path, out: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """Derive with worker processes that are replaced at once."""
    words = [sys.executable, "-m", "tests.support.running.apart_tasks", str(captures), str(out)]
    done = run(words, env=env)
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


def test_equal_pages_count_as_one_and_others_are_derived(
    special_env: Mapping[str, str], tmp_path: Path
) -> None:
    pages = [capture(BASE, 1, LAST), capture(EDITED, 2, LAST), OTHER]
    killers = [deadly(capture(EDITED, hours, LAST)) for hours in range(3, 15)]
    killers.append(deadly(capture(BASE, 15, LAST)))
    harmless = [replace(one, body=b"No page", rendition=None) for one in killers]
    captures = write_captures(tmp_path / "captures", *pages, *killers)
    done = derive_apart(captures, tmp_path / "derived", special_env)
    assert (done["failed"], done["skipped"]) == ([], [line_of(killer) for killer in killers])
    write_captures(tmp_path / "others", *pages, *harmless)
    others, expected = (open_storage(str(tmp_path / name)) for name in ("others", "expected"))
    DeriveRun(plan_derive(others, expected), InThisProcess(), lambda _: None).result()
    for table in ("articles", "versions", "links", "tags"):
        assert files_of(tmp_path / "derived" / table) == files_of(tmp_path / "expected" / table)


def test_damage_after_such_a_page_fails_its_part_only(special_env: Mapping[str, str], tmp_path: Path) -> None:
    pages = [capture(BASE, 1, LAST), deadly(capture(BASE, 2, LAST)), capture(EDITED, 3, LAST)]
    [(part, facts)] = facts_by_part(pages).items()
    facts[-1] = facts[-1]._replace(digest=bytes(32))
    captures = write_captures(tmp_path / "captures", OTHER)
    storage = open_storage(str(captures))
    write_manifest(storage, write_facts(storage, part, facts))
    done = derive_apart(captures, tmp_path / "derived", special_env)
    [failed] = done["failed"]
    assert failed.startswith(f"{part.name}: {captures}/{part.name}/")
    assert "the capture in row 3" in failed
    assert (done["derived"], done["skipped"]) == (1, [])
