"""Mastodon's API: https://docs.joinmastodon.org/methods/statuses/ and /methods/media/."""

from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

from archive.errors import PostingError, PostRefused, ServiceUnreachable
from archive.paper import LANGUAGE
from archive.posting.api_client import ApiAnswer, ApiClient
from archive.posting.credentials import Credentials
from archive.posting.edit import PostableEdit
from archive.posting.picture import Picture
from archive.posting.post_text import MAX_ALT_LENGTH, post_text
from archive.posting.service import DraftPost, PublishedPost

MASTODON_LENGTH = 500
MASTODON_SCOPES = "read:accounts read:statuses write:media write:statuses"
_MEDIA_TRIES, _MEDIA_WAIT_SECONDS = 240, 0.25  # until the server has processed a picture
_RECENT_POSTS = 40  # the most that one request returns
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _PROCESSING = 401, 403, 404, 206
_WORD_JOINER = "\u2060"  # invisible; after @ and # it keeps words of a headline from being mentions and tags


class Mastodon:
    """An account on a Mastodon server, by an access token."""

    name = "mastodon"
    length = MASTODON_LENGTH

    def __init__(self, credentials: Credentials, **options: Any) -> None:
        self._token = credentials.get(self.name, "token")
        self._api = ApiClient(self.name, credentials.server(self.name), **options)
        self._headers = {"Authorization": f"Bearer {self._token.value}"}

    @property
    def login(self) -> str:
        return sha256(f"{self._api.server.value} {self._token.value}".encode()).hexdigest()[:16]

    def close(self) -> None:
        self._api.close()

    def account(self) -> str:
        return f"{self._api.server.value} {self._own_id()}"

    def text(self, edit: PostableEdit) -> str:
        limit = self.length
        while len(text := _without_mentions(post_text(edit, limit))) > self.length:
            limit -= len(text) - self.length
        return text

    def publish(self, draft: DraftPost) -> PublishedPost:
        status = {"status": draft.text, "language": LANGUAGE, "media_ids": [self._upload(draft.picture)]}
        key = {"Idempotency-Key": draft.edit.key}
        reply = {"in_reply_to_id": draft.reply_to.id} if draft.reply_to else {}
        answer = self._call("POST", "/api/v1/statuses", headers=key, json={**status, **reply})
        if reply and answer.status == _NOT_FOUND:  # the earlier post was deleted
            answer = self._call("POST", "/api/v1/statuses", headers=key, json=status)
        return _published(self._accepted(answer))

    def find(self, draft: DraftPost) -> PublishedPost | None:
        path = f"/api/v1/accounts/{self._own_id()}/statuses"
        answer = self._accepted(self._call("GET", path, params={"limit": _RECENT_POSTS}))
        for row in answer.rows:
            if isinstance(row, dict) and _visible(_plain(str(row.get("content")))) == _visible(draft.text):
                return _published(ApiAnswer(answer.status, row, []))
        return None

    def _own_id(self) -> str:
        return self._accepted(self._call("GET", "/api/v1/accounts/verify_credentials")).text("id")

    def _upload(self, picture: Picture) -> str:
        """Upload a picture, and wait until it can be posted; return its id."""
        answer = self._call(
            "POST",
            "/api/v2/media",
            files={"file": ("edit.png", picture.png, "image/png")},
            data={"description": picture.alt[:MAX_ALT_LENGTH]},
        )
        media = self._accepted(answer).text("id")
        for _ in range(_MEDIA_TRIES):
            if answer.status not in (202, _PROCESSING):
                return media
            self._api.sleep(_MEDIA_WAIT_SECONDS)
            answer = self._accepted(self._call("GET", f"/api/v1/media/{media}"))
        raise ServiceUnreachable(f"{self.name}: the server does not finish processing a picture")

    def _call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> ApiAnswer:
        return self._api.call(method, path, headers={**self._headers, **(headers or {})}, **options)

    def _accepted(self, answer: ApiAnswer) -> ApiAnswer:
        """Return an answer without an error. Raise what the error means."""
        if answer.status == _UNAUTHORIZED:
            raise PostingError(f"{self.name}: {answer.message}; check the token: {self._token.origin}")
        if answer.status == _FORBIDDEN:
            raise PostingError(
                f"{self.name}: {answer.message}; the token needs the scopes {MASTODON_SCOPES}:"
                f" {self._token.origin}"
            )
        if not answer.is_ok:
            raise PostRefused(f"{self.name}: {answer.message}")
        return answer


def _published(answer: ApiAnswer) -> PublishedPost:
    return PublishedPost(answer.text("id"), answer.text("url"))


def _without_mentions(text: str) -> str:
    return text.replace("@", f"@{_WORD_JOINER}").replace("#", f"#{_WORD_JOINER}")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


def _plain(html: str) -> str:
    """Return the text of a post's HTML."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return parser.text


def _visible(text: str) -> str:
    """Return text without what a server may change: spaces and invisible characters."""
    return "".join(text.replace(_WORD_JOINER, "").split())
