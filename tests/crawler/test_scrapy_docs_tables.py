"""docs/scrapy.md: its tables of fields, settings and files are complete and true."""

import json
import re
from datetime import timedelta
from pathlib import Path

from scrapy.settings import BaseSettings, default_settings

from archive.cli.monitoring.monitors import Monitors
from crawler.commands.crawl import crawl, scrapy_settings
from crawler.commands.exit_report import Reporting
from crawler.commands.run_scrapy import settings_for
from crawler.items import ArticleItem, MenuItem
from crawler.options import ARGUMENTS, SETTINGS, CrawlOptions
from tests.support import ROOT

PAGE = (ROOT / "docs" / "scrapy.md").read_text(encoding="utf-8")


def test_the_page_describes_all_fields_of_items() -> None:
    described = {
        name
        for names in re.findall(r"(?m)^\| ((?:`\w+`(?:, )?)+) \|[^|]*\|[^|]*\|$", PAGE)
        for name in re.findall(r"`(\w+)`", names)
    }
    assert described == {*ArticleItem.fields, *MenuItem.fields}


# -- The table of settings --------------------------------------------------------------------------------

ROW = re.compile(r"(?m)^\| `([A-Z_]+)` \| (?:`(.*?)`|–) \| .*? \| (?:`([\w-]+)`)? ?\| (?:`(\w+)`)? ?\|$")
LISTED = {setting: (default, option, argument) for setting, default, option, argument in ROW.findall(PAGE)}
NO_SETTINGS = re.findall(r"(?m)^\| `(--[a-z-]+)` \| [^|]+ \|$", PAGE)
NOT_IN_EACH_SCRAPY = {"HTTPERROR_ALLOW_ALL", "REMOTE_CONTROL_ENABLED"}  # among its default settings
OTHER_SETTINGS = {
    "DOWNLOAD_TIMEOUT": "timeout",
    "CLOSESPIDER_TIMEOUT": "max_time",
    "LOG_LEVEL": "verbose",
    "HEALTH_NOTIFY": "notify",
    "HEALTH_PROMETHEUS": "prometheus",
    "PROGRESS_VERBOSE": "verbose",
    "PROGRESS_QUIET": "quiet",
}


def project() -> BaseSettings:
    return settings_for({})


def long_name(option: str) -> str:
    given = next(each for each in crawl.params if each.name == option)
    return next((name for name in given.opts if name.startswith("--")), given.opts[0].upper())


def test_the_page_names_the_option_of_each_setting() -> None:
    expected = {setting: long_name(option) for option, setting in SETTINGS.items()}
    expected |= {setting: long_name(option) for setting, option in OTHER_SETTINGS.items()}
    assert {setting: option for setting, (_, option, _) in LISTED.items() if option} == expected


def test_the_page_names_the_argument_of_each_setting() -> None:
    listed = {argument: setting for setting, (_, _, argument) in LISTED.items() if argument}
    assert listed == ARGUMENTS


def test_each_option_of_the_command_is_a_setting_or_named_as_none() -> None:
    options = {long_name(option.name) for option in crawl.params if option.name}
    assert options == {option for _, option, _ in LISTED.values() if option} | set(NO_SETTINGS)


def test_the_page_has_each_setting_that_is_ours_or_that_the_command_sets() -> None:
    reporting = Reporting(Path("taz.db"), Monitors())
    given = scrapy_settings(CrawlOptions(), reporting, max_time=None, timeout=timedelta(seconds=1))
    ours = {name for name in project() if not hasattr(default_settings, name)}
    assert set(LISTED) == (ours | set(given)) - NOT_IN_EACH_SCRAPY


def test_the_defaults_on_the_page_are_those_of_scrapy_crawl() -> None:
    defaults = {**project(), **CrawlOptions().as_settings()}
    assert {name: default for name, (default, _, _) in LISTED.items()} == {
        name: shown_value(defaults[name]) for name in LISTED
    }


def shown_value(value: object) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


# -- What carries the crawl ---------------------------------------------------------------------------------

COMPONENTS = [
    *("SCHEDULER", "EXTENSIONS", "ITEM_PIPELINES", "DOWNLOADER_MIDDLEWARES", "DOWNLOAD_HANDLERS"),
    *("REQUEST_FINGERPRINTER_CLASS", "LOG_FORMATTER", "COMMANDS_MODULE"),
]


def test_the_page_names_the_file_of_each_component() -> None:
    used = json.dumps([project()[name] for name in COMPONENTS], default=dict)
    for module in set(re.findall(r"crawler\.[a-z_.]+[a-z_]", used)):
        path = module.replace(".", "/")
        folder, _, name = path.rpartition("/")
        assert (
            f"`{path}.py`" in PAGE
            or f"`{path}/`" in PAGE
            or (f"`{folder}/`" in PAGE and f"`{name}.py`" in PAGE)
        ), module
