"""For all tests: in CI nothing may be skipped."""

pytest_plugins = ["no_skips"]
