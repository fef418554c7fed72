"""What a service does: publish a draft, and find one that may have been published already."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from archive.posting.edit import PostableEdit
from archive.posting.picture import Picture


class PublishedPost(NamedTuple):
    """A published post. ``cid`` and the first post of its thread are needed by Bluesky only."""

    id: str
    url: str
    cid: str = ""
    root_id: str = ""
    root_cid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPost:
    """A post to publish. ``reply_to`` is the earlier post about the same article."""

    edit: PostableEdit
    text: str
    picture: Picture
    created: datetime
    reply_to: PublishedPost | None = None


class PostingService(Protocol):
    """A service that publishes posts of one account.

    Methods raise :exc:`ServiceUnreachable`, :exc:`PostRefused` for this post only, and :exc:`PostingError`.
    """

    name: str
    length: int

    @property
    def login(self) -> str:
        """Return what stands for the credentials, and is no secret."""

    def account(self) -> str:
        """Return the account that the credentials belong to, which stays the same if they change."""

    def publish(self, draft: DraftPost) -> PublishedPost:
        """Publish a draft. Published twice within an hour, the same draft gives one post."""

    def find(self, draft: DraftPost) -> PublishedPost | None:
        """Return the post of a draft, if an interrupted run has published it."""

    def text(self, edit: PostableEdit) -> str:
        """Return the text of a post."""

    def close(self) -> None:
        """Close the connection."""
