"""Whether two titles, of which one may be truncated, can be the same. Pure."""

from archive.dump.grammar import is_truncated
from archive.paper import TITLE_MARK


def titles_fit(one: str, other: str) -> bool:
    """Return whether two titles are equal, or one is a truncation of the other."""
    return one == other or any(
        is_truncated_title(cut) and whole.startswith(cut[:-1].rstrip("\ufffd"))
        for cut, whole in ((one, other), (other, one))
    )


def is_truncated_title(title: str) -> bool:
    """Return whether a source truncated a title."""
    return is_truncated(TITLE_MARK + title)
