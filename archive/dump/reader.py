"""Lines → article or menu. Pure and linear: opens nothing, logs nothing, reads no clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.dump import grammar
from archive.dump.grammar import CUT, clean
from archive.dump.refs import Ref, read_refs
from archive.dump.sections import Parts, divide, read_names, read_targets
from archive.dump.teasers import read_teasers
from archive.dump.wrapping import cuts, join, paragraphs, unwrapped
from archive.errors import DumpError
from archive.model import Article, Author, Block, Kind, Line, Link, Menu, Paragraph, Subhead, Tag, block_text
from archive.pagekey import page_key


def parse_dump(lines: Sequence[Line]) -> Article:
    """Read an article's page.

    Blank lines between paragraphs are used where the rendition kept them; where it dropped them,
    paragraphs are told apart by the wrap rule. Raises :exc:`DumpError` if the first line is not a
    title or the page is a menu.
    """
    title_at, title = _read_title(lines)
    if title is None:
        raise DumpError(title_at + 1, expected='an article, "# taz.de -- …"', found="the root menu")
    parts = divide(lines[title_at + 1 :])
    _refuse_menu(parts, title_at + 2)
    head = _read_head(parts.body)
    body_lines = parts.body[head.length :]
    blanks_kept = any(not line.text.strip() for line in parts.body)
    dateline, blocks, refs = _read_body(_raw_blocks(body_lines, blanks_kept=blanks_kept))
    targets, link_cuts = read_targets(parts.sections[grammar.LINKS])
    authors, author_cuts = read_names(parts.sections[grammar.AUTHORS], Kind.AUTHOR)
    tags, tag_cuts = read_names(parts.sections[grammar.TAGS], Kind.TOPIC)
    related, related_cuts = read_teasers(parts.sections[grammar.RELATED])
    lead, caption = join(head.lead), unwrapped(head.caption)
    text = "\n\n".join(map(block_text, blocks))
    return Article(
        title=_shown(title),
        lead=_shown(lead) or None,
        caption=_shown(caption) or None,
        dateline=dateline,
        blocks=tuple(type(block)(_shown(block.text)) for block in blocks),
        published=parts.published,
        links=_links(_shown(text), refs, targets),
        authors=tuple(Author(name, number) for name, number in authors.items()),
        tags=tuple(Tag(name, number) for name, number in tags.items()),
        related=related,
        cuts=(
            *cuts("title", title),
            *cuts("lead", lead, head.lead),
            *cuts("caption", caption),
            *cuts("text", text, body_lines),
            *link_cuts,
            *author_cuts,
            *tag_cuts,
            *related_cuts,
        ),
    )


def parse_menu(lines: Sequence[Line]) -> Menu:
    """Read a section, topic or author page, or the root. Raises :exc:`DumpError` if it has no title."""
    title_at, title = _read_title(lines)
    entries, _ = read_teasers(lines[title_at + 1 :])
    return Menu(title=title and _shown(title), entries=entries)


def _shown(text: str) -> str:
    return text.replace(CUT, "…")


def _read_title(lines: Sequence[Line]) -> tuple[int, str | None]:
    """Where the title is, and what it says; None on the root menu."""
    at = next((at for at, line in enumerate(lines) if line.text.strip()), None)
    if at is None:
        raise DumpError(1, expected='"# taz.de -- …"', found="nothing")
    text = unwrapped(lines[at])
    match = grammar.TITLE.fullmatch(text)
    if not match:
        raise DumpError(at + 1, expected='"# taz.de -- …"', found=_quote(text))
    return at, match["title"]


def _quote(text: str) -> str:
    return f'"{text[:40]}{"…" if len(text) > len("x" * 40) else ""}"'


def _refuse_menu(parts: Parts, first_line: int) -> None:
    """An article without a date has no link lines before its sections; a menu is made of them."""
    if parts.published:
        return
    for at, line in enumerate(parts.body):
        if line.target and page_key(line.target):
            raise DumpError(
                first_line + at,
                expected="an article's text",
                found=f"a menu's link {_quote(clean(line.text))}",
            )


@dataclass(frozen=True, slots=True)
class _Head:
    lead: list[Line]
    caption: Line
    length: int  # lines, blank ones counted


def _read_head(lines: Sequence[Line]) -> _Head:
    """Lead and caption, each optional, before anything else."""
    lead: list[Line] = []
    caption = Line("")
    for at, line in enumerate(lines):
        text = clean(line.text)
        if match := grammar.LEAD.fullmatch(text):
            lead.append(Line(match["text"] or "", cut=line.cut))
        elif text.startswith(grammar.CAPTION_MARK) and not caption.text:
            caption = Line(text.removeprefix(grammar.CAPTION_MARK), cut=line.cut)
        elif text:
            return _Head(lead, caption, at)
    return _Head(lead, caption, len(lines))


def _raw_blocks(lines: Sequence[Line], *, blanks_kept: bool) -> Iterator[Block]:
    """Blocks with their references still in brackets and :data:`CUT` for each cut."""
    run: list[Line] = []
    for line in [*lines, Line("")]:
        subhead = grammar.SUBHEAD.fullmatch(line.text.rstrip())
        if not subhead and clean(line.text):
            run.append(line)
            continue
        if run:
            yield from map(Paragraph, paragraphs(run, blanks_kept=blanks_kept))
            run = []
        if subhead:
            yield Subhead(unwrapped(Line(subhead["text"] or "", cut=line.cut)))


def _read_body(raw_blocks: Iterator[Block]) -> tuple[str | None, list[Block], list[Ref]]:
    """The dateline off the first paragraph, references off all; their places count from the text's start."""
    dateline = None
    blocks: list[Block] = []
    refs: list[Ref] = []
    start = 0
    for raw in raw_blocks:
        text = raw.text
        opens = isinstance(raw, Paragraph) and not any(isinstance(block, Paragraph) for block in blocks)
        if opens and (match := grammar.DATELINE.match(text)):
            dateline = match["dateline"] or match["old"]
            text = text[match.end() :]
        text, found = read_refs(text)
        block = type(raw)(text)
        mark = len(block_text(block)) - len(text)
        refs += [Ref(ref.n, ref.start + start + mark, ref.end + start + mark) for ref in found]
        if text or isinstance(block, Subhead):
            blocks.append(block)
            start += len(block_text(block)) + len("\n\n")
    return dateline, blocks, refs


def _links(text: str, refs: list[Ref], targets: list[tuple[int, str]]) -> tuple[Link, ...]:
    """By number: every reference in the text with its target, then listed targets the text never mentions."""
    target_of = dict(reversed(targets))
    links = [Link(ref.n, target_of.get(ref.n), text[ref.start : ref.end], ref.start, ref.end) for ref in refs]
    mentioned = {(ref.n, target_of.get(ref.n)) for ref in refs}
    links += [Link(n, target) for n, target in targets if (n, target) not in mentioned]
    return tuple(sorted(links, key=lambda link: (link.n, link.start is None, link.start or 0)))
