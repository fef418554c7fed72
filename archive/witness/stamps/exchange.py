"""One exchange with a server that is a witness."""

from collections.abc import Mapping
from contextlib import closing

import httpx

from archive.errors import WitnessError
from archive.http_exchange import HttpAnswer, HttpClient, NoAnswer

_OURS = {"User-Agent": "taz-archive"}
_OK, _NOT_FOUND, _FIRST_REDIRECT, _FIRST_ERROR = 200, 404, 300, 400


def server_answer(
    method: str, url: str, headers: Mapping[str, str], timeout: float, most: int, content: bytes | None = None
) -> HttpAnswer:
    """Return the answer of a server, which is complete, or 404. Raise :exc:`WitnessError` for any other."""
    try:
        with closing(HttpClient("", timeout=timeout, most=most, headers={**_OURS, **headers})) as client:
            answer = client.exchange(method, url, content=content)
    except NoAnswer as error:
        raise WitnessError(f"{url}: {error}") from None
    except (httpx.InvalidURL, UnicodeError):
        raise WitnessError(f"{url}: is not a URL that can be requested") from None
    if _FIRST_REDIRECT <= answer.status < _FIRST_ERROR:
        raise WitnessError(f"{url}: the server redirects; give its final URL")
    if answer.status not in (_OK, _NOT_FOUND) or (answer.status == _NOT_FOUND and method == "POST"):
        raise WitnessError(f"{url}: HTTP {answer.status}")
    return answer
