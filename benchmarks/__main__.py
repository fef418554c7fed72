"""``python -m benchmarks [NAME …]``: measure, and print one figure a line."""

import sys

from benchmarks import code, crawl, edits, exports, fidelity, hostile, parser, speed, store

MODULES = {
    "parser": parser,
    "speed": speed,
    "fidelity": fidelity,
    "edits": edits,
    "store": store,
    "exports": exports,
    "crawl": crawl,
    "hostile": hostile,
    "code": code,
}

for name in sys.argv[1:] or MODULES:
    MODULES[name].main()
