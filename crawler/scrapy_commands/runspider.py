"""``scrapy runspider``, which reports a mistake in the settings in one line."""

from typing import Any, ClassVar

from scrapy.commands import runspider

from crawler.options import EXIT_AFTER_MISTAKE


class RunSpiderCommand(runspider.Command):
    """Scrapy's command, which would log a traceback."""

    default_settings: ClassVar[dict[str, Any]] = {
        **runspider.Command.default_settings,
        EXIT_AFTER_MISTAKE: True,
    }
