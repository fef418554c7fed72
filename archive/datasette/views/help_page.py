"""The help page of the reading room."""

from archive.datasette.request import ReaderRequest
from archive.datasette.responses import TemplateResponse, ViewResponse
from archive.pagekey import article_url

EXAMPLE_ARTICLE = 6081430


def help_page(_: ReaderRequest) -> ViewResponse:
    return TemplateResponse(template="help.html", context={"example": article_url(EXAMPLE_ARTICLE)})
