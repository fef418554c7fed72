"""Why a request was not sent. No capture is recorded of it, and its page stays due."""

from datetime import timedelta

from scrapy.exceptions import IgnoreRequest


class RequestNotSentError(IgnoreRequest):
    """A request was not sent, for a reason that says nothing about its page."""


class HostBackedOffError(RequestNotSentError):
    """A host is backed off for ``wait``; ``problem`` is the reason."""

    def __init__(self, wait: timedelta, problem: str) -> None:
        super().__init__(f"not requested, since its host is backed off: {problem}")
        self.wait = wait
        self.problem = problem


class CrawlClosingError(RequestNotSentError):
    """The crawl ended while a request waited."""

    def __init__(self) -> None:
        super().__init__("not requested, since the crawl ended")


class LeaseLostError(RequestNotSentError):
    """The page of a request is no longer leased by this crawl."""

    def __init__(self) -> None:
        super().__init__("not requested, since the lease of its page has expired")
