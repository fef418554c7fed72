"""``python -m benchmarks [NAME …]``: run the named benchmarks, or all, and print one figure a line."""

import sys

from benchmarks import (
    before_after,
    bulk,
    bulk_import,
    bulk_scale,
    code,
    crawl,
    edits,
    exports,
    fidelity,
    fuzz,
    growth,
    hostile,
    killed_bulk,
    killed_crawls,
    maintenance,
    memory,
    parser,
    payloads,
    republish,
    restores,
    revisit,
    soak,
    speed,
    store,
    unchanged,
    web,
)

MODULES = {
    "parser": parser,
    "speed": speed,
    "fidelity": fidelity,
    "edits": edits,
    "store": store,
    "bulk": bulk,
    "bulk_import": bulk_import,
    "before_after": before_after,
    "bulk_scale": bulk_scale,
    "exports": exports,
    "republish": republish,
    "payloads": payloads,
    "maintenance": maintenance,
    "growth": growth,
    "crawl": crawl,
    "hostile": hostile,
    "killed_crawls": killed_crawls,
    "killed_bulk": killed_bulk,
    "restores": restores,
    "soak": soak,
    "memory": memory,
    "revisit": revisit,
    "unchanged": unchanged,
    "web": web,
    "fuzz": fuzz,
    "code": code,
}

for name in sys.argv[1:] or MODULES:
    MODULES[name].main()
