"""``python -m benchmarks [NAME …]``: measure, and print one figure a line."""

import sys

from benchmarks import code, crawl, hostile, parser, store

MODULES = {"parser": parser, "store": store, "crawl": crawl, "hostile": hostile, "code": code}

for name in sys.argv[1:] or MODULES:
    MODULES[name].main()
