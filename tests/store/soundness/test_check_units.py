"""In which order the parts of an archive are checked."""

from archive.store import FaultKind
from archive.store.soundness.check_units import CheckUnit, LastCheck, in_order

EARLY, LATE = "2025-04-10T12:00:00.000Z", "2025-04-11T12:00:00.000Z"
ARTICLES = [CheckUnit(FaultKind.ARTICLES, str(first)) for first in range(0, 1024, 256)]
PAGES = [CheckUnit(FaultKind.PAYLOADS, str(first)) for first in range(0, 2048, 1024)]
SEARCH = CheckUnit(FaultKind.SEARCH)


def found_sound(at: str | None, *, faulty: bool = False, here: bool = True) -> LastCheck:
    return LastCheck(at, faulty, here, at)


def test_parts_with_a_fault_come_first_then_those_never_checked_then_the_oldest() -> None:
    checked = {
        ARTICLES[0]: found_sound(LATE),
        ARTICLES[1]: found_sound(EARLY),
        ARTICLES[3]: found_sound(LATE, faulty=True),
    }
    expected = [ARTICLES[3], ARTICLES[2], ARTICLES[1], ARTICLES[0]]
    assert in_order(ARTICLES, checked) == expected


def test_parts_that_were_checked_in_another_file_come_before_those_of_this_one_the_oldest_first() -> None:
    checked = {
        ARTICLES[0]: found_sound(EARLY),
        ARTICLES[1]: found_sound(LATE, here=False),
        ARTICLES[2]: found_sound(EARLY, here=False),
    }
    assert in_order(ARTICLES, checked) == [ARTICLES[3], ARTICLES[2], ARTICLES[1], ARTICLES[0]]


def test_parts_with_a_fault_keep_no_other_from_its_check() -> None:
    faulty = {unit: found_sound(LATE, faulty=True) for unit in ARTICLES}
    order = in_order([*ARTICLES, *PAGES], faulty)
    assert order == [ARTICLES[0], PAGES[0], ARTICLES[1], PAGES[1], *ARTICLES[2:]]


def test_parts_that_cannot_be_found_sound_wait_until_all_others_were_tried() -> None:
    checked = {ARTICLES[0]: LastCheck(None, False, True, LATE), ARTICLES[1]: found_sound(EARLY)}  # noqa: FBT003 - a row
    assert in_order(ARTICLES, checked) == [ARTICLES[2], ARTICLES[3], ARTICLES[1], ARTICLES[0]]


def test_kinds_take_turns_and_end_together() -> None:
    expected = [ARTICLES[0], PAGES[0], ARTICLES[1], SEARCH, ARTICLES[2], PAGES[1], ARTICLES[3]]
    assert in_order([*ARTICLES, *PAGES, SEARCH], {}) == expected
