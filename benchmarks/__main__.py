"""``python -m benchmarks [NAME …]``: measure, and print one figure a line."""

import sys

from benchmarks import code, crawl, parser, store

ALL = {"parser": parser.main, "store": store.main, "crawl": crawl.main, "code": code.main}

for name in sys.argv[1:] or ALL:
    ALL[name]()
