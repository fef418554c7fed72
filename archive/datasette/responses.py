"""What a view answers: a page to be made of a template, text, or where to look instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateResponse:
    """A page of the reading room. ``context`` is what its template needs beyond what all have."""

    template: str
    context: Mapping[str, object]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextResponse:
    """Anything that is no page: a feed, a list of links. ``modified`` is when it can last have changed."""

    body: str
    content_type: str
    modified: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Look there instead."""

    location: str
    headers: Mapping[str, str] = field(default_factory=dict)


ViewResponse = TemplateResponse | TextResponse | Redirect
