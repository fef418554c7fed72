"""``scrapy parse``, for gopher and gemini too."""

import warnings
from argparse import Namespace
from typing import Any

from scrapy.commands import parse

from crawler.items import PageItem, parsed_item
from crawler.scrapy_commands.single_page import is_page, leave_archive_closed


class ParseCommand(parse.Command):
    """Scrapy's command, which refuses URLs other than those of the web and of files.

    It records the page only with ``--pipelines`` and if the command line names an archive.
    """

    def process_options(self, args: list[str], opts: Namespace) -> None:
        super().process_options(args, opts)
        opts.output = opts.output or opts.overwrite_output  # Scrapy would export nothing with -O
        leave_archive_closed(self.settings)

    def run(self, args: list[str], opts: Namespace) -> None:
        """Fetch a page, parse it with its spider and print the result."""
        if not is_page(args):
            super().run(args, opts)
            return
        self.set_spidercls(args[0], opts)
        if self.spidercls and opts.depth > 0:
            with warnings.catch_warnings():
                # Scrapy's own command does so.
                warnings.filterwarnings("ignore", ".* returned a Deferred")
                self.start_parsing(args[0], opts)
            self.print_results(opts)

    def add_items(self, lvl: int, new_items: list[Any]) -> None:
        """Print the fields of a page instead of its bytes, and nothing of a page without fields."""
        shown = (parsed_item(item) if isinstance(item, PageItem) else item for item in new_items)
        super().add_items(lvl, [item for item in shown if item is not None])
