"""The language of a page: chosen in its URL or earlier, set by the operator, or preferred by the browser."""

import os
from http.cookies import CookieError
from typing import Any
from urllib.parse import parse_qsl, urlencode

from archive.languages import DEFAULT_LANGUAGE, LANGUAGE_VARIABLE, LANGUAGES, negotiated

LANGUAGE_PARAMETER = "lang"
LANGUAGE_COOKIE = "taz_archive_lang"
COOKIE_SECONDS = 365 * 24 * 3600
VARY = {"vary": "Accept-Language, Cookie"}


def page_language(request: Any) -> str:
    """Return the language for a request of Datasette. Unknown languages are ignored."""
    choices = (chosen_language(request), _earlier_choice(request), os.environ.get(LANGUAGE_VARIABLE))
    known = next((language for language in choices if language in LANGUAGES), None)
    return known or negotiated(request.headers.get("accept-language", ""))


def feed_language(request: Any) -> str | None:
    """Return the language to name in the URL of a feed; None if that is the one without a preference."""
    language, default = page_language(request), os.environ.get(LANGUAGE_VARIABLE)
    return None if language == (default if default in LANGUAGES else DEFAULT_LANGUAGE) else language


def chosen_language(request: Any) -> str | None:
    """Return the language that the URL asks for, which is kept in a cookie; None for one that is unknown."""
    chosen = request.args.get(LANGUAGE_PARAMETER)
    return chosen if chosen in LANGUAGES else None


def _earlier_choice(request: Any) -> str | None:
    try:
        return request.cookies.get(LANGUAGE_COOKIE)  # type: ignore[no-any-return]  # Datasette ships no types
    except CookieError:
        return None


def language_links(query: str) -> dict[str, str]:
    """Return, by language, the URL of the same page in that language: a query, which needs no path.

    A path may begin with two slashes, which browsers read as the name of another host.
    """
    kept = [part for part in parse_qsl(query, keep_blank_values=True) if part[0] != LANGUAGE_PARAMETER]
    return {language: "?" + urlencode([*kept, (LANGUAGE_PARAMETER, language)]) for language in LANGUAGES}


def keep_choice(request: Any, response: Any, path: str) -> None:
    """Set the cookie for all pages below ``path`` if the URL chose a language."""
    if chosen := chosen_language(request):
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=COOKIE_SECONDS, path=path, httponly=True)
