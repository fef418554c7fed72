"""Update the catalogues of translations from the program's texts.

``python docs/translations.py`` adds new texts to each catalogue under ``archive/translations``, drops those
that are no longer used, and compiles it; ``--check`` prints what is missing or stale, and exits with 1 if
anything is.
"""

import gettext
import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from archive.languages import CATALOGUES, DEFAULT_LANGUAGE, DOMAIN, LANGUAGES

PACKAGE = Path(__file__).parent.parent / "archive"
METHODS = [("**.py", "python"), ("datasette/plugin/templates/**.html", "jinja2")]
OPTIONS = {"datasette/plugin/templates/**.html": {"silent": "false", "newstyle_gettext": "true"}}
KEYWORDS = {**DEFAULT_KEYWORDS, "counted": (2, 3)}  # archive.languages.counted(language, singular, plural, …)
# The same at any time and for any release of Babel, so that it changes only with its texts.
HEADER = """\
# Translations of taz-archive. After a change of the program's texts run `make translations`.
msgid ""
msgstr ""
"Project-Id-Version: taz-archive\\n"
"Language: {catalog.locale}\\n"
"Plural-Forms: {catalog.plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
MARKS = re.compile(r"</?[a-z]+\b|%\(\w+\)s|[%\"]")  # in a text and its translation
LINE_WIDTH = 110


def collected(package: Path = PACKAGE) -> Catalog:
    """Return all texts that the program marks for translation."""
    catalog = Catalog(domain=DOMAIN, charset="utf-8")
    found = extract_from_dir(package, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",))
    for _file, _line, text, comments, context in found:
        catalog.add(text, auto_comments=comments, context=context)
    return catalog


def po_file(language: str, folder: Path = CATALOGUES) -> Path:
    return folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalog(language: str, folder: Path = CATALOGUES) -> Catalog:
    with po_file(language, folder).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def update(language: str, texts: Catalog, folder: Path = CATALOGUES) -> None:
    """Write the catalogue of a language with exactly these texts, and compile it."""
    catalog = read_catalog(language, folder)
    catalog.update(texts, no_fuzzy_matching=True)
    # Sorted and without lines of the code, so that changes of several people merge.
    file = io.BytesIO()
    write_po(
        file, catalog, LINE_WIDTH, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True
    )
    text = HEADER.format(catalog=catalog) + file.getvalue().decode().strip() + "\n"
    po_file(language, folder).write_text(text)
    po_file(language, folder).with_suffix(".mo").write_bytes(compiled(read_catalog(language, folder)))


def compiled(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def problems(language: str, texts: Catalog, folder: Path = CATALOGUES) -> Iterator[str]:
    """Yield what is wrong with the catalogue of a language."""
    catalog = read_catalog(language, folder)
    known = {_key(message): message for message in catalog if message.id}
    wanted = {_key(message): message for message in texts if message.id}
    yield from (f"not in the catalogue: {text}" for text, _ in wanted.keys() - known.keys())
    yield from (f"not in the program: {text}" for text, _ in known.keys() - wanted.keys())
    yield from (f"obsolete: {message.id}" for message in catalog.obsolete.values())
    for message in known.values():
        yield from _message_problems(message, catalog)
    if _texts(po_file(language, folder).with_suffix(".mo").read_bytes()) != _texts(compiled(catalog)):
        yield "the compiled catalogue is stale"


def _key(message: Message) -> tuple[str, str]:
    return (message.id if isinstance(message.id, str) else message.id[0]), message.context or ""


def _message_problems(message: Message, catalog: Catalog) -> Iterator[str]:
    texts, strings = _several(message.id), _several(message.string)
    if not strings or not all(strings):
        yield f"not translated: {message.id}"
    if message.fuzzy:
        yield f"fuzzy: {message.id}"
    if len({tuple(sorted(MARKS.findall(text))) for text in (*texts, *strings)}) > 1:
        yield f"other tags or placeholders than in English: {message.id}"
    yield from (f"{message.id}: {error}" for error in message.check(catalog))


def _several(text: str | Sequence[str] | None) -> Sequence[str]:
    return [text] if isinstance(text, str) else text or []


def _texts(mo: bytes) -> dict[object, str]:
    """Return the texts of a compiled catalogue, without its header, which names Babel's version."""
    texts: dict[object, str] = vars(gettext.GNUTranslations(io.BytesIO(mo)))["_catalog"]
    return {key: text for key, text in texts.items() if key}


def main(arguments: list[str], folder: Path = CATALOGUES) -> int:
    texts = collected()
    translated = [language for language in LANGUAGES if language != DEFAULT_LANGUAGE]
    if "--check" not in arguments:
        for language in translated:
            update(language, texts, folder)
    found = [f"{language}: {line}" for language in translated for line in problems(language, texts, folder)]
    for line in found:
        print(line)
    if found:
        print(
            "Translate these in archive/translations/*/LC_MESSAGES/*.po, then run `make translations` again."
        )
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
