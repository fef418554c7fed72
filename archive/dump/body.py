"""The part between head and date: dateline, paragraphs, subheads, and the references in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archive.dump.grammar import DATELINE, SUBHEAD_LINE, clean, is_blank
from archive.dump.refs import Ref, read_refs
from archive.dump.wrapping import Truncations, is_verse_body, line_text, read_paragraphs
from archive.model import Block, Layout, Line, Link, Paragraph, Subhead, block_text


@dataclass(frozen=True, slots=True)
class Body:
    """The body of an article. ``refs`` are ranges of :attr:`text`."""

    dateline: str | None
    blocks: tuple[Block, ...]
    refs: list[Ref]

    @property
    def text(self) -> str:
        return "\n\n".join(map(block_text, self.blocks))


def read_body(lines: Sequence[Line], truncations: Truncations, layout: Layout, *, blanks_kept: bool) -> Body:
    """Read the lines below lead and caption, and add their truncations to ``truncations``."""
    dateline, raw_blocks = _split_dateline(list(_raw_blocks(lines, layout, blanks_kept=blanks_kept)))
    blocks, refs = _reduce(raw_blocks)
    body = Body(dateline, tuple(blocks), refs)
    if not any([line.truncated for line in lines]):  # noqa: C419 - a list is faster, since most pages have no truncated line
        return body
    truncations.record("text", body.text, lines)
    return replace(body, blocks=tuple(type(block)(truncations.restore_marks(block.text)) for block in blocks))


def _raw_blocks(lines: Sequence[Line], layout: Layout, *, blanks_kept: bool) -> Iterator[Block]:
    """Yield the blocks, with references still in brackets and :data:`MISSING` at each truncation."""
    parts = list(_parts(lines))
    if not blanks_kept and is_verse_body([part for part in parts if not isinstance(part, Subhead)], layout):
        blanks_kept = True  # each stanza is one paragraph, as if blank lines had been kept
    for part in parts:
        if isinstance(part, Subhead):
            yield part
        else:
            yield from map(Paragraph, read_paragraphs(part, layout, blanks_kept=blanks_kept))


def _parts(lines: Sequence[Line]) -> Iterator[Subhead | Sequence[Line]]:
    """Yield the subheads, and the groups of lines between subheads and blank lines."""
    start = 0
    # Most lines begin with a letter; those are neither blank nor subheads.
    for at in [at for at, line in enumerate(lines) if not line.text[:1].isalnum()]:
        line = lines[at]
        subhead = SUBHEAD_LINE.fullmatch(clean(line.text)) if "##" in line.text else None
        if not subhead and not is_blank(line.text):
            continue
        if start < at:
            yield lines[start:at]
        if subhead:
            yield Subhead(line_text(Line(subhead["text"] or "", truncated=line.truncated)))
        start = at + 1
    if start < len(lines):
        yield lines[start:]


def _split_dateline(blocks: list[Block]) -> tuple[str | None, list[Block]]:
    """Split the dateline off the first paragraph."""
    for at, block in enumerate(blocks):
        if isinstance(block, Paragraph):
            match = DATELINE.match(block.text)
            if not match:
                break
            rest = Paragraph(block.text[match.end() :])
            return match["dateline"], [*blocks[:at], rest, *blocks[at + 1 :]]
    return None, blocks


def _reduce(raw_blocks: list[Block]) -> tuple[list[Block], list[Ref]]:
    """Reduce references to the text they underline, and drop paragraphs that are then empty."""
    blocks: list[Block] = []
    refs: list[Ref] = []
    start = 0
    for raw in raw_blocks:
        text, found = read_refs(raw.text)
        if not text and isinstance(raw, Paragraph):
            continue
        block = raw if text is raw.text else type(raw)(text)
        shown = block_text(block)
        if found:
            at = start + len(shown) - len(text)
            refs += [Ref(ref.n, ref.start + at, ref.end + at) for ref in found]
        blocks.append(block)
        start += len(shown) + len("\n\n")
    return blocks, refs


def read_links(body: Body, targets: list[tuple[int, str]]) -> tuple[Link, ...]:
    """Return, by number, each reference in the text with its target, and listed targets without one."""
    text = body.text
    target_of = dict(reversed(targets))  # the first of two targets with one number counts
    links = [
        Link(ref.n, target_of.get(ref.n), text[ref.start : ref.end], ref.start, ref.end) for ref in body.refs
    ]
    mentioned = {(link.position, link.target) for link in links}
    links += [Link(n, target) for n, target in targets if (n, target) not in mentioned]
    return tuple(sorted(links, key=lambda link: (link.position, link.start is None, link.start or 0)))
