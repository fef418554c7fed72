"""Whose certificate was met where, as the archive keeps it."""

from pathlib import Path

from archive.model import Certificate
from archive.store import open_writer
from crawler.handlers.tofu import StoredTrust
from tests.support.samples.captures import HOUR, NOON

TAZ, ONE, OTHER = "taz.de:1965", "1" * 64, "2" * 64


def test_the_first_certificate_is_stored_with_its_first_and_last_time(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        assert archive.certificates.find(TAZ) is None
        archive.certificates.trust(TAZ, ONE, at=NOON)
        archive.certificates.trust(TAZ, ONE, at=NOON + HOUR)
        archive.certificates.trust(TAZ, ONE, at=NOON - HOUR)
        assert archive.certificates.find(TAZ) == Certificate(TAZ, ONE, NOON, NOON + HOUR)
        assert archive.certificates.find("taz.de:1966") is None


def test_a_newly_trusted_certificate_has_a_new_first_time(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.certificates.trust(TAZ, ONE, at=NOON)
        archive.certificates.trust("example.org:1965", ONE, at=NOON)
        archive.certificates.trust(TAZ, OTHER, at=NOON + HOUR)
        kept = archive.status.certificates()
    assert kept == [
        Certificate("example.org:1965", ONE, NOON, NOON),
        Certificate(TAZ, OTHER, NOON + HOUR, NOON + HOUR),
    ]


def test_a_forgotten_certificate_is_not_found(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        archive.certificates.trust(TAZ, ONE, at=NOON)
        assert archive.certificates.forget(TAZ)
        assert not archive.certificates.forget(TAZ)
        assert archive.certificates.find(TAZ) is None


def test_a_run_stores_a_certificate_once(tmp_path: Path) -> None:
    with open_writer(tmp_path / "taz.db") as archive:
        times = iter([NOON, NOON + HOUR])
        trust = StoredTrust(archive, lambda: next(times))
        for _ in range(3):
            trust.record(TAZ, ONE)
            assert trust.known(TAZ) == Certificate(TAZ, ONE, NOON, NOON)
        assert next(times) == NOON + HOUR
