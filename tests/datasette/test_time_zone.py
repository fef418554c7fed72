"""Days and times of the reading room are those of the paper's time zone, or of another one."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from archive.timestamps import ZONE_VARIABLE
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, archive_of, capture_of
from tests.support.servers.reading_room import serving

LATE = datetime(2025, 10, 25, 21, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
EDITED = replace(BRIDGE, title="Brücke in Großau: Später")


@pytest.mark.parametrize(
    ("zone", "days", "clock", "shown"),
    [
        ("Europe/Berlin", {"2025-10-25": 1, "2025-10-26": 3}, "23:30", "2025-10-26 00:30"),
        ("America/New_York", {"2025-10-25": 4}, "17:30", "2025-10-25 18:30"),
        ("UTC", {"2025-10-25": 3, "2025-10-26": 1}, "21:30", "2025-10-25 22:30"),
    ],
)
def test_a_day_of_the_room_is_a_day_of_the_zone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    days: dict[str, int],
    clock: str,
    shown: str,
) -> None:
    monkeypatch.setenv(ZONE_VARIABLE, zone)
    captures = [capture_of(BRIDGE, 700001 + number, LATE + number * HOUR) for number in range(4)]
    path = archive_of(tmp_path / "taz.db", [*captures, capture_of(EDITED, at=LATE + HOUR)])
    with serving(path) as home, httpx.Client(base_url=home, follow_redirects=True, timeout=LONGEST) as client:
        now = client.get("/-/paper/").text
        assert dict(re.findall(r"<title>([0-9-]{10}): ([0-9]+) new", now)) == {
            day: str(count) for day, count in days.items()
        }
        assert f"Time zone: {zone}." in now
        assert f">{clock}</time>" in client.get("/-/paper/2025-10-25/").text
        versions = client.get("/-/article/700001").text
        assert f'<time datetime="2025-10-25T22:30:00.000Z">{shown}</time>' in versions
        at = shown.replace(" ", "T")
        assert EDITED.title in client.get(f"/-/article/700001/as-of/{at}").text
        second = client.get("/-/article/700001/versions/2").headers["memento-datetime"]
        assert second == "Sat, 25 Oct 2025 22:30:00 GMT"
