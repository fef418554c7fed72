"""Whether search engines may show the site: by default they may not, since the texts are the newspaper's."""

import os

ROBOTS_VARIABLE = "TAZ_ARCHIVE_ALLOW_ROBOTS"  # environment variable; 1 allows them
ROBOTS_HEADER = (b"x-robots-tag", b"noindex, nofollow, noarchive")


def robots_allowed() -> bool:
    return os.environ.get(ROBOTS_VARIABLE) == "1"


def robots_txt() -> str:
    """Return the content of ``/robots.txt`` (RFC 9309)."""
    return f"User-agent: *\nDisallow:{'' if robots_allowed() else ' /'}\n"
