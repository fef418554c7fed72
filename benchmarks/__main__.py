"""``python -m benchmarks [NAME …]``: run the named benchmarks, or all, and print one figure a line."""

import sys

from benchmarks import (
    code,
    crawl,
    edits,
    exports,
    fidelity,
    fuzz,
    growth,
    hostile,
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
    web,
)

MODULES = {
    "parser": parser,
    "speed": speed,
    "fidelity": fidelity,
    "edits": edits,
    "store": store,
    "exports": exports,
    "republish": republish,
    "payloads": payloads,
    "maintenance": maintenance,
    "growth": growth,
    "crawl": crawl,
    "hostile": hostile,
    "killed_crawls": killed_crawls,
    "restores": restores,
    "soak": soak,
    "memory": memory,
    "revisit": revisit,
    "web": web,
    "fuzz": fuzz,
    "code": code,
}

for name in sys.argv[1:] or MODULES:
    MODULES[name].main()
