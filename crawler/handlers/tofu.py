"""Trust on first use: the certificate a server shows first is the one it must show ever after."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from archive.model import Certificate
from archive.shell import command
from archive.store import Writer


class Trust(Protocol):
    """Whose certificate was met where. A server is ``host:port``, an IPv6 host in brackets."""

    def known(self, server: str) -> Certificate | None:
        """The certificate that is trusted there; None before the first meeting."""

    def met(self, server: str, fingerprint: str) -> None:
        """Note a meeting with the trusted certificate, the first one too."""

    def advice(self, server: str, fingerprint: str) -> str:
        """Say how a user can accept another certificate."""


class KeptTrust:
    """Trust that lasts: kept in an archive. Only the first meeting of a run is written there."""

    def __init__(self, archive: Writer, now: Callable[[], datetime]) -> None:
        self._archive = archive
        self._now = now
        self._met: dict[str, Certificate] = {}

    def known(self, server: str) -> Certificate | None:
        return self._met.get(server) or self._archive.certificates.find(server)

    def met(self, server: str, fingerprint: str) -> None:
        if server not in self._met:
            self._met[server] = self._archive.certificates.trust(server, fingerprint, at=self._now())

    def advice(self, server: str, fingerprint: str) -> str:
        return f"if that is right: {command('trust', self._archive.path, server, fingerprint)}"


class PassingTrust:
    """Trust that ends with the process, for whoever fetches without an archive: ``scrapy fetch``."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._met: dict[str, Certificate] = {}

    def known(self, server: str) -> Certificate | None:
        return self._met.get(server)

    def met(self, server: str, fingerprint: str) -> None:
        now = self._now()
        self._met.setdefault(server, Certificate(server, fingerprint, now, now))

    def advice(self, server: str, fingerprint: str) -> str:
        return f"only a crawl with an archive can accept {fingerprint} of {server}"
