"""``scrapy shell``, which does not record the pages that are looked at."""

from argparse import Namespace

from scrapy.commands import shell

from crawler.scrapy_commands.single_page import leave_archive_closed


class ShellCommand(shell.Command):
    """Scrapy's command without the project's archive."""

    def process_options(self, args: list[str], opts: Namespace) -> None:
        super().process_options(args, opts)
        leave_archive_closed(self.settings)
