"""The indexes of topics and authors: the most frequent lately, and all by letter."""

from archive.datasette.request import BadRequest, ReaderRequest
from archive.datasette.responses import TemplateResponse, ViewResponse
from archive.model import Kind
from archive.store import MAX_NAMES, NAME_LETTERS, RECENT_ARTICLES, TOO_MANY_TO_COUNT, letter_of

NAMES_PER_PAGE = 100
MAX_FREQUENT = 40
MAX_BEGIN_CHARACTERS = 100
NAME_INDEXES = {"topics": Kind.TOPIC, "authors": Kind.AUTHOR}


def name_index(request: ReaderRequest) -> ViewResponse:
    """Show the frequent names, or those of a letter or that begin with some letters."""
    kind = NAME_INDEXES[request.parts["kind"]]
    begin, letter = _begin(request), _letter(request)
    frequent = [] if letter else request.archive.name_index.frequent(kind, limit=MAX_FREQUENT)
    context = {
        "kind": kind.value,
        "begin": begin,
        "letter": letter,
        "letters": NAME_LETTERS,
        "frequent": frequent,
        "recent": RECENT_ARTICLES,
        "enough": TOO_MANY_TO_COUNT,
        **(_names(request, kind, letter, begin) if letter else {}),
    }
    return TemplateResponse(template="name_index.html", context=context)


def _names(request: ReaderRequest, kind: Kind, letter: str, begin: str) -> dict[str, object]:
    """Return a page of the names of a letter, with their numbers of articles."""
    index, offset = request.archive.name_index, request.number("from") or 0
    names = index.names(kind, letter, begin)
    shown = names[offset : offset + NAMES_PER_PAGE]
    return {
        "count": len(names),
        "most": MAX_NAMES,
        "names": shown,
        "counts": index.counts(kind, shown),
        "offset": offset,
        "back": max(offset - NAMES_PER_PAGE, 0),
        "more": offset + NAMES_PER_PAGE if offset + NAMES_PER_PAGE < len(names) else None,
    }


def _begin(request: ReaderRequest) -> str:
    begin = request.args.get("begin", "")
    if len(begin) > MAX_BEGIN_CHARACTERS:
        raise BadRequest(f"a name begins with at most {MAX_BEGIN_CHARACTERS} characters")
    return begin


def _letter(request: ReaderRequest) -> str:
    """Return the letter whose names to show; empty for the first page."""
    if begin := _begin(request):
        return letter_of(begin)
    letter = request.args.get("letter", "").upper()
    if letter and letter not in NAME_LETTERS:
        raise BadRequest("invalid letter: use A to Z, or # for other names")
    return letter
