"""Articles per second of the parser on one core."""

import re

from archive.renditions.decode import read_page
from benchmarks.pages import HOME, wire_pages
from benchmarks.timing import per_second, show

ARTICLES = 1000
ROW = re.compile(rb"(?m)^.([^\t\r\n]*)")


def main() -> None:
    pages = wire_pages(ARTICLES)
    size = sum(len(page.body) for page in pages) / len(pages)

    def read() -> None:
        for page in pages:
            read_page(page.body, key=page.key, rendition="gopher", home=HOME)

    def split() -> None:
        """Only split rows into lines (the baseline)."""
        for page in pages:
            [text.decode() for text in ROW.findall(page.body)]

    ours, floor = per_second(len(pages), read), per_second(len(pages), split)
    show("parser, wire bytes to article", ours, "articles/s", f"{size:,.0f} bytes a page")
    show("  relative to splitting rows", ours / floor, "×")
