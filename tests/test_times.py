"""Times as people write them and as stamps hold them."""

from datetime import UTC, datetime

import pytest

from archive.store.times import moment, stamp, told

NOW = datetime(2025, 4, 10, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025-04-10", "2025-04-10T00:00:00.000Z", "2025-04-10T23:59:59.999Z"),
        ("yesterday", "2025-04-09T00:00:00.000Z", "2025-04-09T23:59:59.999Z"),
        ("2025-04-10T18", "2025-04-10T18:00:00.000Z", "2025-04-10T18:59:59.999Z"),
        ("2025-04-10 18:00", "2025-04-10T18:00:00.000Z", "2025-04-10T18:00:59.999Z"),
        ("2025-04-10T18:00+02:00", "2025-04-10T16:00:00.000Z", "2025-04-10T16:00:59.999Z"),
        ("2025-04-10t18:00:07Z", "2025-04-10T18:00:07.000Z", "2025-04-10T18:00:07.999Z"),
        ("2025-04-10T18:00:07.125Z", "2025-04-10T18:00:07.125Z", "2025-04-10T18:00:07.125Z"),
        ("9999-12-31", "9999-12-31T00:00:00.000Z", "9999-12-31T23:59:59.999Z"),
        ("now", stamp(NOW), stamp(NOW)),
    ],
)
def test_a_time_stands_for_the_first_or_the_last_moment_of_what_it_names(
    text: str, first: str, last: str
) -> None:
    assert stamp(told(text, now=NOW)) == first
    assert stamp(told(text, now=NOW, end=True)) == last


@pytest.mark.parametrize(
    "text", ["", "2025", "2025-13-01", "2025-04-10-18:00", "2025-04-10x18:00", "2025-04-10+02:00"]
)
@pytest.mark.parametrize("end", [False, True])
def test_what_is_no_time_is_refused(text: str, *, end: bool) -> None:
    with pytest.raises(ValueError):
        told(text, now=NOW, end=end)


def test_a_stamp_reads_back_as_its_moment() -> None:
    assert moment(stamp(NOW)) == NOW
