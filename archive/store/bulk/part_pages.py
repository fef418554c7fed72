"""The pages that a part's captures show or link to, and their checks, as the frontier has them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from archive.model import PageKey
from archive.policy.revisit import AGES_HOURS, ChangeRates, appearance_time
from archive.store.bulk.part_rows import PartChangeRate, PartPage
from archive.store.frontier.schedule import CheckedPage, CheckResult, add_check
from archive.timestamps import parse_stamp


class PageCheck(NamedTuple):
    """A capture as a check of its page: its stamp, whether it could be parsed, and what was new.

    ``began``: it began a version. ``changes`` counts versions after the first, or pages that a menu lists for
    the first time.
    """

    at: str
    good: bool
    began: bool = False
    changes: int = 0


class PartPages:
    """Collects the pages of a part."""

    def __init__(self) -> None:
        self._discovered: dict[PageKey, str] = {}
        self._checked: dict[PageKey, PartPage] = {}
        self._rates = ChangeRates()

    def discover(self, keys: Iterable[PageKey], at: str) -> None:
        """Note that a capture ``at`` a stamp links to pages."""
        for key in keys:
            if (known := self._discovered.get(key)) is None or at < known:
                self._discovered[key] = at

    def check(
        self,
        key: PageKey,
        checks: Sequence[PageCheck],
        *,
        published: str | None = None,
        first_seen: str | None = None,
    ) -> None:
        """Note all checks of a page, by time; ``published`` and ``first_seen``: those of its article."""
        self.discover([key], checks[0].at)
        page = CheckedPage(parse_stamp(checks[0].at))
        for check in checks:
            page = self._after(key, page, check, published, first_seen)
        self._checked[key] = PartPage(
            kind=key.kind.value,
            number=key.number,
            discovered_at=checks[0].at,
            checked_at=checks[-1].at,
            changed_at=next((check.at for check in reversed(checks) if check.began), None),
            check_count=page.check_count,
            change_count=page.change_count,
            failure_count=page.failure_count,
            change_score=page.change_score,
            published=published,
            first_seen=first_seen,
        )

    def _after(
        self, key: PageKey, page: CheckedPage, check: PageCheck, published: str | None, first_seen: str | None
    ) -> CheckedPage:
        seen = parse_stamp(first_seen) if first_seen and first_seen <= check.at else None
        result = CheckResult(
            at=parse_stamp(check.at),
            good=check.good,
            began=check.began,
            changes=check.changes,
            born=seen and appearance_time(date.fromisoformat(published) if published else None, seen),
            first_seen=seen,
        )
        after = add_check(key, page, result)
        if after.observed:
            self._rates = after.observed.added_to(self._rates)
        return after.page

    def rows(self) -> list[PartPage]:
        """Return the rows of all pages, in order of kind and number."""
        return [self._row(key, at) for key, at in sorted(self._discovered.items())]

    def _row(self, key: PageKey, discovered_at: str) -> PartPage:
        if key in self._checked:
            return self._checked[key]._replace(discovered_at=discovered_at)
        return PartPage(key.kind.value, key.number, discovered_at, None, None, 0, 0, 0, 0.0, None, None)

    def change_rates(self) -> list[PartChangeRate]:
        """Return the change rates that the checks of this part show, for the ages of which they show any."""
        rates = zip(AGES_HOURS, self._rates.changes, self._rates.hours, strict=True)
        return [PartChangeRate(float(age), changes, hours) for age, changes, hours in rates if hours]
