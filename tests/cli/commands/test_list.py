"""``list``: filters, order, and both forms of output."""

import json

import pytest

from tests.cli.conftest import Run
from tests.support.samples.cli_archives import RIVER


def listed(run: Run, *args: object) -> list[int]:
    return [row["id"] for row in json.loads(run("list", "--json", *args).stdout)]


def test_list_is_newest_first_by_date(run: Run) -> None:
    assert [number for number in listed(run) if number > 0] == [700002, 700006, 700001]


@pytest.mark.parametrize(
    ("args", "found"),
    [
        (["--state", "gone"], {700002}),
        (["--edited"], {700001}),
        (["--since", "2025-04-11"], {700002, 700006}),
        (["--since", "2025-04-01", "--until", "2025-04-10"], {700001}),
        (["--author", "äpfel", "--since", "2025-04-01"], {700001}),
        (["--author", "%"], set()),
        (["--topic", "verkehr", "--since", "2025-04-01"], {700001}),
        (["--topic", "justiz"], {700001}),
        (["--limit", "1"], {700002}),
    ],
)
def test_list_can_be_filtered(run: Run, args: list[str], found: set[int]) -> None:
    assert set(listed(run, *args)) == found


def test_list_in_a_pipe_is_aligned_with_whole_titles(run: Run) -> None:
    head, *rows = run("list").stdout.splitlines()
    assert head.split() == ["id", "published", "versions", "state", "title"]
    assert rows[0].endswith(RIVER.title.strip())
    assert {row[head.index("published") - 2] for row in rows} == {" "}


def test_json_has_one_row_per_line(run: Run) -> None:
    assert len(run("list", "--json").stdout.splitlines()) == 4
