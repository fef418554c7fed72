"""The help page of the reading room."""

from archive.datasette.request import ReaderRequest
from archive.datasette.responses import TemplateResponse, ViewResponse


def help_page(_: ReaderRequest) -> ViewResponse:
    return TemplateResponse(template="help.html", context={})
