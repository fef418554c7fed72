"""Post edits to a service: each once, oldest first, as replies to earlier posts about the same article."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from archive.errors import PostRefused
from archive.posting.edit import PostableEdit
from archive.posting.picture import draw_edit
from archive.posting.post_record import PostRecord
from archive.posting.service import DraftPost, PostingService, PublishedPost

# What the first run posts, so that a bot does not begin with the whole past.
FIRST_PERIOD = timedelta(hours=24)
OVERLAP = timedelta(hours=24)  # looked through again, since captures of other crawlers may be merged later
_COMPLETE_STEP = timedelta(hours=1)  # the record is not written to more often if nothing happens

EditsSince = Callable[[datetime], Sequence[PostableEdit]]


class PostedEdit(NamedTuple):
    """An edit, and its post; or why the service refused it."""

    edit: PostableEdit
    post: PublishedPost | None
    problem: PostRefused | None = None


class Poster:
    """Posts to one account. ``selection`` stands for which edits are posted there."""

    def __init__(self, service: PostingService, record: PostRecord, selection: str) -> None:
        self.service = service
        self._record = record
        self._account = record.account_of(service.login)
        self._selection = selection

    def pending(self, edits: EditsSince, now: datetime, since: datetime | None = None) -> list[PostableEdit]:
        """Return the edits that have not been posted, oldest first: those since the last complete run.

        ``since`` is the time to begin with, if it is given.
        """
        found = edits(since or self._since(now))
        wanted = (edit for edit in found if not (self._account and self._record.has(self._account, edit)))
        return sorted(wanted, key=lambda edit: (edit.at, edit.article))

    def unposted(self, edits: Sequence[PostableEdit]) -> list[PostableEdit]:
        """Return the edits that have not been posted to the account, which the service is asked for at first.

        Raise :exc:`PostingError`.
        """
        return [edit for edit in edits if not self._record.has(self._known_account(), edit)]

    def reply_to(self, edit: PostableEdit) -> PublishedPost | None:
        """Return the earlier post that an edit's post replies to."""
        return self._record.latest(self._account, edit.article) if self._account else None

    def post(self, pending: Sequence[PostableEdit], limit: int) -> Iterator[PostedEdit]:
        """Post edits until ``limit`` are published, 0 for all; yield each when it is recorded.

        Raise :exc:`ServiceUnreachable` and :exc:`PostingError`; what is left is pending at the next run.
        """
        account = self._known_account()
        published = 0
        for edit in pending:
            try:
                yield PostedEdit(edit, self._post(account, edit))
            except PostRefused as problem:
                yield PostedEdit(edit, None, problem)
            else:
                published += 1
                if published == limit:
                    return

    def begin(self, now: datetime, since: datetime | None = None) -> None:
        """Record from when on edits are posted, at the first run."""
        if self._record.start_of(self._stream) is None:
            self._record.add_start(self._stream, since or self._since(now))

    def complete(self, until: datetime) -> None:
        """Record that all edits until a time have been posted."""
        known = self._record.complete_until(self._stream)
        if known is None or until - known >= _COMPLETE_STEP:
            self._record.add_complete(self._stream, until)

    @property
    def _stream(self) -> str:
        words = f"{self.service.login} {self._selection}"
        return f"{self.service.name} {sha256(words.encode()).hexdigest()[:16]}"

    def _since(self, now: datetime) -> datetime:
        start = self._record.start_of(self._stream)
        complete = self._record.complete_until(self._stream)
        if start is None:
            return now - FIRST_PERIOD
        return max(start, complete - OVERLAP) if complete else start

    def _known_account(self) -> str:
        if self._account is None:
            self._account = self.service.account()
            self._record.add_account(self.service.login, self._account)
        return self._account

    def _post(self, account: str, edit: PostableEdit) -> PublishedPost:
        """Post an edit, unless an interrupted run has, and record it."""
        now = datetime.now(UTC)
        draft = DraftPost(
            edit=edit,
            text=self.service.text(edit),
            picture=draw_edit(edit),
            created=now,
            reply_to=self._record.latest(account, edit.article),
        )
        post = None
        if self._record.is_sending(account, edit):
            post = self.service.find(draft)
        else:
            self._record.add_sending(account, edit)
        post = post or self.service.publish(draft)
        self._record.add_posted(account, edit, post, now)
        return post
