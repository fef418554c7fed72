"""The hours of a day in which no requests are sent."""

from datetime import datetime, timedelta

import pytest

from crawler.quiet_hours import Hours


@pytest.mark.parametrize(
    ("text", "hours"),
    [("22-6", {22, 23, 0, 1, 2, 3, 4, 5}), ("6:00-09:30", {6, 7, 8, 9}), ("0-1", {0}), ("23:30-0", set())],
)
def test_hours_hold_from_their_start_to_their_end(text: str, hours: set[int]) -> None:
    found = Hours.of(text)
    midnight = datetime(2025, 1, 15).astimezone()
    assert {hour for hour in range(24) if found.has(midnight + timedelta(hours=hour))} == hours


@pytest.mark.parametrize("text", ["", "22", "25-3", "6-6", "a-b", "6:99-7"])
def test_invalid_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Hours.of(text)
