"""A search as it was understood, in the words of a language: ``wahl ohne streit`` for ``wahl NOT streit``."""

import re

from archive.languages import FIELD_NAMES, N_, field_name, translations
from archive.text.search_query import FIELDS

OPERATORS = {"AND": N_("and"), "OR": N_("or"), "NOT": N_("without")}
# A phrase, which stays as it is; an operator; a field before its colon.
_PART = re.compile(rf'"[^"]*"|\b(?P<operator>{"|".join(OPERATORS)})\b|\b(?P<field>{"|".join(FIELDS)}) :')


def shown_reading(reading: str, language: str) -> str:
    """Return a query of FTS5 with its operators and fields in words of ``language``."""

    def word(part: re.Match[str]) -> str:
        if operator := part["operator"]:
            return translations(language).gettext(OPERATORS[operator])
        return f"{field_name(part['field'], language)}:" if part["field"] in FIELD_NAMES else part[0]

    return _PART.sub(word, reading)
