"""Text without the marks on its letters. Pure."""

import unicodedata
from typing import Literal


def without_accents(text: str, form: Literal["NFD", "NFKD"] = "NFD") -> str:
    """Return a text without combining signs: ``ä`` as ``a``. ``NFKD`` also makes ligatures letters."""
    return "".join(sign for sign in unicodedata.normalize(form, text) if not unicodedata.combining(sign))
