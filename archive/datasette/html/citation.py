"""A citation of a version, as the Chicago Manual of Style has it in notes."""

from collections.abc import Sequence
from gettext import NullTranslations

from archive.export.bibtex import CitedVersion
from archive.languages import format_date, translations
from archive.paper import FULL_NAME
from archive.timestamps import display_stamp

# Quotation marks within quotation marks, as German titles have them.
_INNER_QUOTES = str.maketrans("„“”»«", "‚‘’›‹")
MAX_NAMED_AUTHORS = 3  # of more only the first is named


def chicago(cited: CitedVersion, language: str) -> str:
    """Return the citation as text, in a language of the reading room."""
    texts = translations(language)
    day = format_date(cited.published, language) if cited.published else texts.gettext("undated")
    values = {
        "authors": _authors(cited.authors, texts),
        "title": _quoted(cited.title, texts),
        "paper": FULL_NAME,
        "day": ", ".join([day, cited.original] if cited.original else [day]),
        "number": cited.number,
        "time": display_stamp(cited.first_seen),
        "url": cited.url,
        "digest": f"sha256:{cited.digest}",
    }
    # Translators: the title is in quotation marks, with the comma after it.
    unsigned = texts.gettext(
        "%(title)s %(paper)s, %(day)s, version %(number)s, archived %(time)s, %(digest)s, %(url)s."
    )
    # Translators: the title is in quotation marks, with the comma after it.
    signed = texts.gettext(
        "%(authors)s, %(title)s %(paper)s, %(day)s, version %(number)s, archived %(time)s,"
        " %(digest)s, %(url)s."
    )
    return (signed if cited.authors else unsigned) % values


def _authors(names: Sequence[str], texts: NullTranslations) -> str:
    if len(names) > MAX_NAMED_AUTHORS:
        return texts.gettext("%(author)s et al.") % {"author": names[0]}
    if len(names) > 1:
        first, last = ", ".join(names[:-1]), names[-1]
        return texts.gettext("%(first)s and %(last)s") % {"first": first, "last": last}
    return "".join(names)


def _quoted(title: str, texts: NullTranslations) -> str:
    title = title.translate(_INNER_QUOTES)
    if title.endswith(("?", "!", "…")):
        # Translators: a title that ends with a question mark, in a citation.
        return texts.gettext("“%(title)s”") % {"title": title}
    # Translators: a title in a citation, with the comma after it.
    return texts.gettext("“%(title)s,”") % {"title": title}
