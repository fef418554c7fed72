"""``python -m benchmarks [NAME …]``: measure, and print one figure a line."""

import sys

from benchmarks import code, crawl, edits, fidelity, hostile, killed, parser, revisit, speed, store

MODULES = {
    "parser": parser,
    "speed": speed,
    "fidelity": fidelity,
    "edits": edits,
    "store": store,
    "crawl": crawl,
    "hostile": hostile,
    "killed": killed,
    "revisit": revisit,
    "code": code,
}

for name in sys.argv[1:] or MODULES:
    MODULES[name].main()
