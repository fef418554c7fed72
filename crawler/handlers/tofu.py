"""Trust on first use: a server must keep showing the certificate that it showed first."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from archive.model import Certificate
from archive.shell_commands import command
from archive.store import Writer


class Trust(Protocol):
    """Trusted certificates by server: ``host:port``, an IPv6 host in brackets."""

    def known(self, server: str) -> Certificate | None:
        """Return the trusted certificate of a server; None before the first contact."""

    def record(self, server: str, fingerprint: str) -> None:
        """Record that a server showed its trusted certificate, or its first one."""

    def advice(self, server: str, fingerprint: str) -> str:
        """Return advice on how to accept another certificate."""


class StoredTrust:
    """Trust stored in an archive, written once per run and server."""

    def __init__(self, archive: Writer, now: Callable[[], datetime]) -> None:
        self._archive = archive
        self._now = now
        self._met: dict[str, Certificate] = {}

    def known(self, server: str) -> Certificate | None:
        return self._met.get(server) or self._archive.certificates.find(server)

    def record(self, server: str, fingerprint: str) -> None:
        if server not in self._met:
            self._met[server] = self._archive.certificates.trust(server, fingerprint, at=self._now())

    def advice(self, server: str, fingerprint: str) -> str:
        return f"if that is right: {command('trust', self._archive.path, server, fingerprint)}"


class TemporaryTrust:
    """Trust that ends with the process, for fetches without an archive: ``scrapy fetch``."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._met: dict[str, Certificate] = {}

    def known(self, server: str) -> Certificate | None:
        return self._met.get(server)

    def record(self, server: str, fingerprint: str) -> None:
        now = self._now()
        self._met.setdefault(server, Certificate(server, fingerprint, now, now))

    def advice(self, server: str, fingerprint: str) -> str:
        return f"only a crawl with an archive can accept {fingerprint} of {server}"
