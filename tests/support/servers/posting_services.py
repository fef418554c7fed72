"""Mastodon and a Personal Data Server of Bluesky on loopback, as small as the bot needs, and as strict.

They check what the real ones check: credentials, scopes, sizes, that pictures exist and are processed, that a
reply has a parent, byte offsets of links, keys of records.
"""

import json
import re
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.parser import BytesParser
from email.policy import HTTP
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.servers.free_ports import LOOPBACK

TOKEN, HANDLE, PASSWORD = "token-5f2e", "tazdiff.example", "pass-word-9c1d"
DID = "did:plc:aaaabbbbccccddddeeeeffff"
PNG = b"\x89PNG\r\n\x1a\n"
TID = re.compile(r"[2-7a-j][2-7a-z]{12}")
Answer = tuple[int, Any]
Fault = Callable[["Exchange"], bool]


class Exchange(BaseHTTPRequestHandler):
    """One request; ``service`` answers it, unless a fault does."""

    protocol_version = "HTTP/1.1"
    service: "FakeService"
    body: bytes
    query: dict[str, str]

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = f"{self.command} {parts.path}"
        faults = self.service.faults[name]
        if faults and faults.popleft()(self):
            return
        with self.service.lock:
            status, found = self.service.answer(name, self)
            self.service.seen.append(name)
        self.reply(status, found)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def reply(self, status: int, found: object, **headers: str) -> None:
        content = json.dumps(found).encode()
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def process(self) -> None:
        """Do what was asked, without an answer."""
        with self.service.lock:
            self.service.answer(f"{self.command} {urlsplit(self.path).path}", self)

    def hang_up(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        pass


class FakeService:
    """A service. ``faults`` are used up, one for each request to a path: ``POST /api/v1/statuses``."""

    def __init__(self) -> None:
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.seen: list[str] = []
        self.lock = threading.Lock()
        self.ids = count(101)
        self.url = ""

    def answer(self, name: str, asked: Exchange) -> Answer:
        raise NotImplementedError


def status_fault(status: int, **headers: str) -> Fault:
    """Answer with an HTTP status, and do nothing."""

    def fault(asked: Exchange) -> bool:
        asked.reply(status, {"error": "Fault"}, **headers)
        return True

    return fault


def broken_off(asked: Exchange) -> bool:
    """Reset the connection, and do nothing."""
    asked.hang_up()
    return True


def lost_answer(asked: Exchange) -> bool:
    """Do what was asked, and reset the connection."""
    asked.process()
    asked.hang_up()
    return True


class Held:
    """Do what was asked, and keep the answer back until the client is gone; ``done`` is set in between."""

    def __init__(self) -> None:
        self.done = threading.Event()

    def __call__(self, asked: Exchange) -> bool:
        asked.process()
        self.done.set()
        with suppress(OSError):
            asked.connection.recv(1)
        asked.hang_up()
        return True


class FakeMastodon(FakeService):
    """An account with one token. A picture is processed when it is asked for the second time."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.scopes = {"read:accounts", "read:statuses", "write:media", "write:statuses"}
        self.media: dict[str, dict[str, Any]] = {}
        self.statuses: list[dict[str, Any]] = []
        self.by_key: dict[str, dict[str, Any]] = {}

    def answer(self, name: str, asked: Exchange) -> Answer:
        if asked.headers["Authorization"] != f"Bearer {self.token}":
            return 401, {"error": "The access token is invalid"}
        for pattern, scope, method in (
            ("GET /api/v1/accounts/verify_credentials", "read:accounts", self._account),
            ("GET /api/v1/accounts/7/statuses", "read:statuses", self._own),
            ("POST /api/v2/media", "write:media", self._upload),
            (r"GET /api/v1/media/\d+", "write:media", self._media),
            ("POST /api/v1/statuses", "write:statuses", self._post),
        ):
            if re.fullmatch(pattern, name):
                if scope not in self.scopes:
                    return 403, {"error": "This action is outside the authorized scopes"}
                return method(asked)
        return 404, {"error": "Record not found"}

    def _account(self, asked: Exchange) -> Answer:
        return 200, {"id": "7", "acct": "tazdiff", "url": f"{self.url}/@tazdiff"}

    def _own(self, asked: Exchange) -> Answer:
        return 200, self.statuses[::-1][: int(asked.query["limit"])]

    def _upload(self, asked: Exchange) -> Answer:
        head = f"Content-Type: {asked.headers['Content-Type']}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + asked.body)
        form = {part.get_param("name", header="content-disposition"): part for part in parts.iter_parts()}
        picture, text = (form[name].get_payload(decode=True) for name in ("file", "description"))
        assert isinstance(picture, bytes)
        assert isinstance(text, bytes)
        described = text.decode()
        if form["file"].get_content_type() != "image/png" or not picture.startswith(PNG):
            return 422, {"error": "Validation failed: File content type is not supported"}
        if len(described) > 1500:
            return 422, {"error": "Validation failed: Description is too long"}
        number = str(next(self.ids))
        self.media[number] = {"id": number, "description": described, "picture": picture, "asked": 0}
        return 202, {"id": number, "url": None}

    def _media(self, asked: Exchange) -> Answer:
        media = self.media[asked.path.rpartition("/")[2]]
        media["asked"] += 1
        return (200 if media["asked"] > 1 else 206), {"id": media["id"]}

    def _post(self, asked: Exchange) -> Answer:
        key = asked.headers["Idempotency-Key"]
        if key in self.by_key:
            return 200, self.by_key[key]
        given = json.loads(asked.body)
        text = re.sub(r"https?://\S+", "x" * 23, given["status"])
        if len(text) > 500:
            return 422, {"error": "Validation failed: Text character limit of 500 exceeded"}
        media = [self.media.get(each) for each in given["media_ids"]]
        if not all(media) or any(each["asked"] < 2 or each.get("used") for each in media if each):
            return 422, {"error": "Cannot attach files that have not finished processing"}
        parent = given.get("in_reply_to_id")
        if parent and parent not in {each["id"] for each in self.statuses}:
            return 404, {"error": "The post you are trying to reply to does not appear to exist."}
        for each in media:
            if each:
                each["used"] = True
        number = str(next(self.ids))
        lines = "<br />".join(map(self._linked, given["status"].split("\n")))
        status = {
            "id": number,
            "url": f"{self.url}/@tazdiff/{number}",
            "content": f"<p>{lines}</p>",
            "language": given["language"],
            "in_reply_to_id": parent,
            "media": given["media_ids"],
            "text": given["status"],
        }
        self.statuses.append(status)
        self.by_key[key] = status
        return 200, status

    def _linked(self, line: str) -> str:
        """Mastodon hides parts of an address, and keeps them in the HTML."""
        return re.sub(
            r"https://(\S+)",
            r'<a href="https://\1"><span class="invisible">https://</span><span>\1</span></a>',
            escape(line),
        )


class FakeBluesky(FakeService):
    """A repository of one account; the n-th access token is ``access-n``."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs: dict[str, bytes] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.session = 0

    def answer(self, name: str, asked: Exchange) -> Answer:
        method = name.rpartition("/xrpc/com.atproto.")[2]
        token = asked.headers["Authorization"]
        if method == "server.createSession":
            return self._login(json.loads(asked.body))
        if method == "server.refreshSession":
            known = token == f"Bearer refresh-{self.session}" and not asked.body
            return self._new_session() if known else (400, {"error": "ExpiredToken", "message": "expired"})
        if token != f"Bearer access-{self.session}":
            return 400, {"error": "ExpiredToken", "message": "Token has expired"}
        return {
            "repo.uploadBlob": self._upload,
            "repo.putRecord": self._put,
            "repo.getRecord": self._get,
        }[method](asked)

    def _login(self, given: dict[str, str]) -> Answer:
        if given != {"identifier": HANDLE, "password": PASSWORD}:
            return 401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}
        return self._new_session()

    def _new_session(self) -> Answer:
        self.session += 1
        tokens = {"accessJwt": f"access-{self.session}", "refreshJwt": f"refresh-{self.session}"}
        return 200, {**tokens, "did": DID, "handle": HANDLE}

    def _upload(self, asked: Exchange) -> Answer:
        cid = f"bafkrei{sha256(asked.body).hexdigest()}"
        self.blobs[cid] = asked.body
        kind = asked.headers["Content-Type"]
        blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": kind, "size": len(asked.body)}
        return 200, {"blob": blob}

    def _get(self, asked: Exchange) -> Answer:
        uri = self._uri(asked.query)
        if uri not in self.records:
            return 400, {"error": "RecordNotFound", "message": f"Could not locate record: {uri}"}
        return 200, {"uri": uri, "cid": self._cid(uri), "value": self.records[uri]}

    def _put(self, asked: Exchange) -> Answer:
        given = json.loads(asked.body)
        uri = self._uri(given)
        if problem := self._problem(given["record"]):
            return 400, {
                "error": "InvalidRequest",
                "message": f"Invalid app.bsky.feed.post record: {problem}",
            }
        if not TID.fullmatch(given["rkey"]):
            return 400, {"error": "InvalidRequest", "message": "Invalid rkey"}
        if uri in self.records and "swapRecord" in given:
            return 400, {"error": "InvalidSwap", "message": f"Record was at {self._cid(uri)}"}
        self.records[uri] = given["record"]
        return 200, {"uri": uri, "cid": self._cid(uri)}

    def _uri(self, given: dict[str, str]) -> str:
        return f"at://{given['repo']}/{given['collection']}/{given['rkey']}"

    def _cid(self, uri: str) -> str:
        return f"bafyrei{sha256(json.dumps(self.records[uri]).encode()).hexdigest()}"

    def _problem(self, record: dict[str, Any]) -> str:
        """Return what the lexicon of posts does not allow; empty if it is valid."""
        text = record["text"].encode()
        if len(record["text"]) > 300 or len(text) > 3000:
            return "text must not be longer than 300 graphemes"
        for facet in record["facets"]:
            index, [feature] = facet["index"], facet["features"]
            if text[index["byteStart"] : index["byteEnd"]].decode() != feature["uri"]:
                return "facet is not of its link"
        for image in record["embed"]["images"]:
            blob = self.blobs.get(image["image"]["ref"]["$link"])
            if blob is None or len(blob) != image["image"]["size"] or len(blob) > 1_000_000:
                return "blob is missing or too large"
            if not (isinstance(image["alt"], str) and min(image["aspectRatio"].values()) > 0):
                return "image has no alt text or no size"
        for parent in record.get("reply", {}).values():
            if parent["uri"] not in self.records or parent["cid"] != self._cid(parent["uri"]):
                return "reply has no parent"
        return "" if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", record["createdAt"]) else "createdAt"


@contextmanager
def serving_api(service: FakeService) -> Iterator[None]:
    """Serve a service on a free port, and set its ``url``."""
    handler = type("Handler", (Exchange,), {"service": service})
    with ThreadingHTTPServer((LOOPBACK, 0), handler) as server:
        server.daemon_threads = True
        service.url = f"http://{LOOPBACK}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
