"""Bluesky's API: the AT Protocol's com.atproto.server and com.atproto.repo, https://docs.bsky.app."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from archive.errors import PostingError, PostRefused
from archive.paper import LANGUAGE
from archive.posting.api_client import ApiAnswer, ApiClient
from archive.posting.credentials import Credentials
from archive.posting.edit import PostableEdit
from archive.posting.post_text import post_text
from archive.posting.service import DraftPost, PublishedPost
from archive.timestamps import stamp

BLUESKY_LENGTH = 300
BLUESKY_SERVER = "https://bsky.social"
_COLLECTION = "app.bsky.feed.post"
_TID_SIGNS = "234567abcdefghijklmnopqrstuvwxyz"
_TID_LENGTH, _CLOCK_BITS = 13, 10
_UNAUTHORIZED = 401


class Bluesky:
    """An account of the AT Protocol, by its handle and an app password."""

    name = "bluesky"
    length = BLUESKY_LENGTH

    def __init__(self, credentials: Credentials, **options: Any) -> None:
        self._handle = credentials.get(self.name, "handle")
        self._password = credentials.get(self.name, "password")
        self._api = ApiClient(self.name, credentials.server(self.name, BLUESKY_SERVER), **options)
        self._session: ApiAnswer | None = None

    @property
    def login(self) -> str:
        return sha256(f"{self._api.server.value} {self._handle.value}".encode()).hexdigest()[:16]

    def close(self) -> None:
        self._api.close()

    def account(self) -> str:
        return self._open_session().text("did")

    def text(self, edit: PostableEdit) -> str:
        return post_text(edit, self.length)

    def publish(self, draft: DraftPost) -> PublishedPost:
        answer = self._call(
            "repo.uploadBlob", content=draft.picture.png, headers={"Content-Type": "image/png"}
        )
        record = _record(draft, self._accepted(answer).body.get("blob"))
        # Without a swapRecord, a post with the same key would be replaced.
        answer = self._call(
            "repo.putRecord", json={**self._address(draft), "record": record, "swapRecord": None}
        )
        if answer.body.get("error") == "InvalidSwap" and (known := self.find(draft)):
            return known
        return self._published(self._accepted(answer), draft)

    def find(self, draft: DraftPost) -> PublishedPost | None:
        answer = self._call("repo.getRecord", params=self._address(draft), method="GET")
        if answer.body.get("error") == "RecordNotFound":
            return None
        return self._published(self._accepted(answer), draft)

    def _address(self, draft: DraftPost) -> dict[str, str]:
        return {"repo": self.account(), "collection": _COLLECTION, "rkey": record_key(draft.edit)}

    def _published(self, answer: ApiAnswer, draft: DraftPost) -> PublishedPost:
        uri, cid, key = answer.text("uri"), answer.text("cid"), record_key(draft.edit)
        url = f"https://bsky.app/profile/{self.account()}/post/{key}"
        earlier = draft.reply_to
        return PublishedPost(
            uri, url, cid, earlier.root_id if earlier else uri, earlier.root_cid if earlier else cid
        )

    def _open_session(self) -> ApiAnswer:
        if self._session is None:
            login = {"identifier": self._handle.value, "password": self._password.value}
            answer = self._api.call("POST", "/xrpc/com.atproto.server.createSession", json=login)
            if not answer.is_ok:
                raise PostingError(
                    f"{self.name}: {answer.message}; check the handle ({self._handle.origin}) and the app"
                    f" password ({self._password.origin})"
                )
            self._session = answer
        return self._session

    def _call(self, method_id: str, *, method: str = "POST", **options: Any) -> ApiAnswer:
        """Call a method of com.atproto with the session's token, again with a new one if that has expired."""
        answer = self._authorized(method, method_id, self._open_session().text("accessJwt"), options)
        if answer.body.get("error") == "ExpiredToken":
            self._refresh()
            answer = self._authorized(method, method_id, self._open_session().text("accessJwt"), options)
        return answer

    def _authorized(self, method: str, method_id: str, token: str, options: Mapping[str, Any]) -> ApiAnswer:
        headers = {**options.get("headers", {}), "Authorization": f"Bearer {token}"}
        return self._api.call(method, f"/xrpc/com.atproto.{method_id}", **{**options, "headers": headers})

    def _refresh(self) -> None:
        """Replace the session; open a new one if it cannot be refreshed."""
        token = self._open_session().text("refreshJwt")
        answer = self._authorized("POST", "server.refreshSession", token, {})
        self._session = answer if answer.is_ok else None

    def _accepted(self, answer: ApiAnswer) -> ApiAnswer:
        if answer.status == _UNAUTHORIZED:
            raise PostingError(
                f"{self.name}: {answer.message}; check the app password: {self._password.origin}"
            )
        if not answer.is_ok:
            raise PostRefused(f"{self.name}: {answer.message}")
        return answer


def record_key(edit: PostableEdit) -> str:
    """Return the key of an edit's record, always the same: a TID of the edit's time.

    A TID is 53 bits of microseconds since 1970 and 10 bits of a clock's number; what times here lack, and the
    clock, is of the edit's key.
    """
    noise = int(sha256(edit.key.encode()).hexdigest()[:8], 16)
    number = (int(edit.at.timestamp()) * 1_000_000 + noise % 1_000_000) << _CLOCK_BITS | noise >> 22
    return "".join(_TID_SIGNS[number >> 5 * at & 31] for at in reversed(range(_TID_LENGTH)))


def _record(draft: DraftPost, blob: object) -> dict[str, object]:
    picture = draft.picture
    image = {
        "alt": picture.alt,
        "image": blob,
        "aspectRatio": {"width": picture.width, "height": picture.height},
    }
    record: dict[str, object] = {
        "$type": _COLLECTION,
        "text": draft.text,
        "createdAt": stamp(draft.created),
        "langs": [LANGUAGE],
        "facets": [_link(draft.text, draft.edit.url)],
        "embed": {"$type": "app.bsky.embed.images", "images": [image]},
    }
    return {**record, "reply": _reply(draft.reply_to)} if draft.reply_to else record


def _reply(earlier: PublishedPost) -> dict[str, object]:
    return {
        "root": {"uri": earlier.root_id, "cid": earlier.root_cid},
        "parent": {"uri": earlier.id, "cid": earlier.cid},
    }


def _link(text: str, url: str) -> dict[str, object]:
    """Return the facet that makes the last occurrence of an address a link. Offsets are of UTF-8."""
    start = len(text[: text.rindex(url)].encode())
    return {
        "index": {"byteStart": start, "byteEnd": start + len(url.encode())},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": url}],
    }
