"""Limits on what a page shows of an article, so that any article loads fast; the rest is counted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from archive.model import Article
from archive.store import Memento, PartCounts, Provenance, Reader

# How many of each a page shows. The largest known article has 200 paragraphs and 100 links.
MAX_PARTS = PartCounts(blocks=2_000, links=1_000)
MAX_ARTICLE_PARTS = {"related": 500, "tags": 500, "authors": 500}
MAX_ORIGIN_PARTS = {"healed": 500, "missing": 500}


@dataclass(frozen=True, slots=True)
class LimitedArticle:
    """The parts of an article and its provenance to show. ``hidden`` counts the others, by name."""

    article: Article
    origins: Provenance
    hidden: Mapping[str, int]


def limit_article(reader: Reader, memento: Memento) -> LimitedArticle:
    """Return the parts to show of an article, which was read up to :data:`MAX_PARTS`."""
    article, origins = memento.article, reader.provenance(memento.row)
    parts = reader.versions.count_parts(memento.row)
    hidden = {
        "blocks": max(parts.blocks - MAX_PARTS.blocks, 0),
        "links": max(parts.links - MAX_PARTS.links, 0),
        **_hidden(article, MAX_ARTICLE_PARTS),
        **_hidden(origins, MAX_ORIGIN_PARTS),
    }
    shown = replace(article, **_first(article, MAX_ARTICLE_PARTS))
    return LimitedArticle(shown, replace(origins, **_first(origins, MAX_ORIGIN_PARTS)), hidden)


def _hidden(whole: object, most: Mapping[str, int]) -> dict[str, int]:
    return {name: max(len(getattr(whole, name)) - count, 0) for name, count in most.items()}


def _first(whole: object, most: Mapping[str, int]) -> dict[str, Any]:
    return {name: getattr(whole, name)[:count] for name, count in most.items()}
