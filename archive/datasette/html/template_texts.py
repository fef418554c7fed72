"""Translated texts, numbers, dates and times in templates, by the variable ``ui_language`` of their context.

In templates, ``_("Search")`` and ``ngettext("%(num)s word", "%(num)s words", count)`` escape what is put into
them, but not the texts themselves, which are ours and may contain markup.
"""

from datetime import date
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from archive.languages import (
    DEFAULT_LANGUAGE,
    field_name,
    format_date,
    format_day,
    format_number,
    translations,
    weekday_names,
)
from archive.text.hyphenation import hyphenate
from archive.timestamps import minute_of, zone

_DAY_CHARACTERS = len("2025-04-10")


def install_texts(environment: Environment) -> None:
    """Add the functions to an environment that escapes HTML."""
    environment.add_extension("jinja2.ext.i18n")
    environment.newstyle_gettext = True  # type: ignore[attr-defined]  # of the extension: {% trans %} escapes too
    environment.globals.update(
        gettext=_gettext,
        ngettext=_ngettext,
        number=_number,
        long_day=_long_day,
        long_date=_long_date,
        weekdays=_weekdays,
        shown_minute=minute_of,
        shown_day=shown_day,
        shown_clock=shown_clock,
        time_zone=zone,
    )
    environment.filters.update(field_name=_field_name, hyphenate=_hyphenate)


def _language(context: Context) -> str:
    return str(context.get("ui_language") or DEFAULT_LANGUAGE)


@pass_context
def _gettext(context: Context, text: str, **values: object) -> Markup:
    found = translations(_language(context)).gettext(text)
    return Markup(found) % values  # noqa: S704 - our own text; Markup escapes the values


@pass_context
def _ngettext(context: Context, singular: str, plural: str, number: int, **values: object) -> Markup:
    """Return the text for a number, which ``%(num)s`` shows with its digits grouped."""
    found = translations(_language(context)).ngettext(singular, plural, number)
    grouped = format_number(number, _language(context))
    return Markup(found) % {"num": grouped, **values}  # noqa: S704 - our own text; Markup escapes the values


@pass_context
def _number(context: Context, number: int) -> str:
    return format_number(number, _language(context))


@pass_context
def _weekdays(context: Context) -> tuple[str, ...]:
    return weekday_names(_language(context))


@pass_context
def _field_name(context: Context, field: str) -> str:
    return field_name(field, _language(context))


def _hyphenate(text: str | None) -> str:
    return hyphenate(text) if text else ""


@pass_context
def _long_day(context: Context, day: date) -> str:
    return format_day(day, _language(context))


@pass_context
def _long_date(context: Context, day: date) -> str:
    return format_date(day, _language(context))


def shown_day(stamped: str) -> str:
    """Return the day of a stamp in the paper's time zone: ``2025-04-10``."""
    return minute_of(stamped)[:_DAY_CHARACTERS]


def shown_clock(stamped: str) -> str:
    """Return the time of day of a stamp in the paper's time zone: ``14:00``."""
    return minute_of(stamped)[_DAY_CHARACTERS:].strip()


def page_texts(language: str) -> dict[str, Any]:
    """Return the variables that a template needs for its texts."""
    return {"ui_language": language, "translations": translations(language)}
