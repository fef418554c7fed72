"""What a view returns: a template to render, a text, or a redirect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateResponse:
    """An HTML page. ``context`` holds the template's variables beyond those that all templates have."""

    template: str
    context: Mapping[str, object]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextResponse:
    """A feed or a list of links. ``modified`` is when it can last have changed."""

    body: str
    content_type: str
    modified: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """A redirect to another page."""

    location: str
    headers: Mapping[str, str] = field(default_factory=dict)


ViewResponse = TemplateResponse | TextResponse | Redirect
