"""The description of an export, which every format includes: paper, time, size, licence, tool."""

from dataclasses import asdict, dataclass
from datetime import UTC, tzinfo
from importlib.metadata import version

from archive.paper import FULL_NAME
from archive.store import CaptureCounts, Selection, VersionCounts
from archive.timestamps import day_of, display_stamp, minute_of, parse_stamp, stamp

LICENCE = (
    "The texts are the newspaper's. An archive is for reading and research of your own; whether you may"
    " publish it is between you and the paper."
)
TOOL = f"taz-archive {version('taz-archive')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The description of an export. It does not depend on when, where or by which user it is made.

    Times are stamps. ``as_of`` is the requested time, else that of the last exported capture. ``only`` holds
    the filters, as ``{"topic": "Klima"}``. ``captures`` is 0 for exports of versions, and vice versa.
    """

    paper: str = FULL_NAME
    as_of: str
    since: str | None
    until: str | None
    only: dict[str, str]
    articles: int
    versions: int
    captures: int
    first_seen: str
    last_seen: str
    licence: str = LICENCE
    tool: str = TOOL

    @property
    def fields(self) -> dict[str, object]:
        return asdict(self)

    @property
    def plain(self) -> dict[str, str]:
        """Return the fields that are set as text: ``{"only": "topic Klima", …}``."""
        fields = {**asdict(self), "only": ", ".join(f"{name} {value}" for name, value in self.only.items())}
        return {name: str(value) for name, value in fields.items() if value}

    @property
    def day(self) -> str:
        """Return the day of the paper that ``as_of`` is in."""
        return day_of(parse_stamp(self.as_of)).isoformat()

    @property
    def sentence(self) -> str:
        """Return a sentence for files: "58 articles in 62 versions of taz, as of 2025-04-04 06:00 UTC"."""
        return self.sentence_in(UTC)

    def sentence_in(self, zone: tzinfo) -> str:
        """Return a sentence with times in a zone."""
        much = f"{self.articles:,} {'article' if self.articles == 1 else 'articles'} in "
        number, what = (self.versions, "version") if self.versions else (self.captures, "capture")
        much += f"{number:,} {what if number == 1 else what + 's'}"
        only = "".join(f", {name} {value}" for name, value in self.only.items())
        since = f" since {minute_of(self.since, zone)}" if self.since else ""
        until = f" until {minute_of(self.until, zone)}" if self.until else ""
        return f"{much} of {self.paper}{only}{since}{until}, as of {display_stamp(self.as_of, zone)}"


def about(selection: Selection, counted: VersionCounts | CaptureCounts) -> About:
    names = ("section", "topic", "author", "search")
    only = {name: value for name in names if (value := getattr(selection, name)) is not None}
    assert counted.first_seen, "nothing is not exported"
    assert counted.last_seen, "nothing is not exported"
    return About(
        as_of=stamp(selection.as_of) if selection.as_of else counted.last_seen,
        since=stamp(selection.since) if selection.since else None,
        until=stamp(selection.until) if selection.until else None,
        only=only,
        articles=counted.articles,
        versions=counted.versions if isinstance(counted, VersionCounts) else 0,
        captures=0 if isinstance(counted, VersionCounts) else counted.captures,
        first_seen=counted.first_seen,
        last_seen=counted.last_seen,
    )
