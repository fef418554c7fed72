"""For all tests: in CI nothing may be skipped."""

import sys

pytest_plugins = ["no_skips"]
if sys.version_info >= (3, 13):  # where an unclosed SQLite connection is a warning
    pytest_plugins.append("datasette_connections")
