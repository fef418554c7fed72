"""Calendars of OpenTimestamps on loopback: stamps are kept, completed later, and read by its client."""

import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpPrepend, OpSHA1, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

from archive.store import open_writer
from archive.witness.checking import WitnessCheck, check_witnesses, published_records
from archive.witness.stamps.bitcoin_calendar import read_detached
from tests.support.samples.captures import HOUR, NOON, absence_of
from tests.support.samples.witnessed_archive import one_capture, records_of, taz_archive
from tests.support.servers.time_stamp_authority import Handler, Server, serving

OTS = Path(sys.executable).with_name("ots")
BLOCK = 800_123


def serialized(stamp: object) -> bytes:
    context = BytesSerializationContext()
    stamp.serialize(context)  # type: ignore[attr-defined]  # the library has no types
    return bytes(context.getbytes())


class FakeCalendar:
    """It answers as a calendar does: a commitment is pending until its block is ``mined``."""

    def __init__(self) -> None:
        self.mined = False
        self.commitments: set[str] = set()

    def __call__(self, asked: Handler, body: bytes) -> None:
        if asked.command == "POST" and asked.path == "/digest" and len(body) == 32:
            asked.send(self._pending(body, asked.server.url))
        elif self.mined and asked.path.removeprefix("/timestamp/") in self.commitments:
            asked.send(self._mined(bytes.fromhex(asked.path.removeprefix("/timestamp/"))))
        else:
            asked.send(b"Pending confirmation in Bitcoin blockchain", 404)

    def _pending(self, digest: bytes, url: str) -> bytes:
        stamp = Timestamp(digest)
        end = stamp.ops.add(OpPrepend(b"time")).ops.add(OpAppend(b"salt")).ops.add(OpSHA256())
        end.attestations.add(PendingAttestation(url))
        self.commitments.add(end.msg.hex())
        return serialized(stamp)

    def _mined(self, commitment: bytes) -> bytes:
        stamp = Timestamp(commitment)
        end = stamp.ops.add(OpAppend(b"tree")).ops.add(OpSHA256())
        end.attestations.add(BitcoinBlockHeaderAttestation(BLOCK))
        return serialized(stamp)


@pytest.fixture
def calendar() -> FakeCalendar:
    return FakeCalendar()


@pytest.fixture
def server(calendar: FakeCalendar) -> Iterator[Server]:
    with serving(calendar) as found:
        yield found


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = one_capture(tmp_path / "taz.db")
    taz_archive("witness", path)
    return path


def stamp_of(archive: Path) -> Path:
    return Path(f"{next(records_of(archive))}.ots")


def checked(archive: Path) -> WitnessCheck:
    return check_witnesses(archive, published_records(archive, []))


def test_each_calendar_gets_a_digest_once(archive: Path, server: Server) -> None:
    with serving(FakeCalendar()) as other:
        words = ("witness", archive, "--ots", server.url, "--ots", other.url)
        first = taz_archive(*words)
        assert (first.exit_code, first.output.count(": submitted; ")) == (0, 2)
        again = taz_archive(*words)
        assert (again.exit_code, again.output.count(": published before")) == (0, 2)
        assert [path for path, _, _ in server.requests if path == "/digest"] == ["/digest"]
        assert server.requests[0][2] != other.requests[0][2]
        (stamp,) = checked(archive).stamps
        assert stamp.by == ", ".join(sorted([server.url, other.url]))
        assert "no block of Bitcoin is named yet" in stamp.lacks


def test_pending_stamps_are_completed_by_a_later_run(
    archive: Path, server: Server, calendar: FakeCalendar
) -> None:
    taz_archive("witness", archive, "--ots", server.url)
    earlier = stamp_of(archive)
    with open_writer(archive) as opened:
        opened.record([absence_of(700002, NOON + HOUR)])
    calendar.mined = True
    done = taz_archive("witness", archive, "--ots", server.url)
    assert (done.exit_code, "earlier stamps completed: " in done.output) == (0, True)
    assert read_detached(earlier).attestations().blocks == [BLOCK]
    asked = len(server.requests)
    assert "published before" in taz_archive("witness", archive, "--ots", server.url).output
    assert len(server.requests) == asked  # nothing is pending
    found = checked(archive)
    assert not found.faults
    assert {(stamp.by, "by `ots verify FILE`" in stamp.lacks) for stamp in found.stamps} == {
        ("OpenTimestamps", True)
    }


@pytest.mark.skipif(not OTS.exists(), reason="ots is missing: pip install opentimestamps-client")
def test_the_client_of_opentimestamps_reads_the_stamps(
    archive: Path, server: Server, calendar: FakeCalendar
) -> None:
    taz_archive("witness", archive, "--ots", server.url)
    calendar.mined = True
    taz_archive("witness", archive, "--ots", server.url)
    done = subprocess.run([OTS, "info", stamp_of(archive)], capture_output=True, text=True, check=True)
    assert f"File sha256 hash: {sha256(next(records_of(archive)).read_bytes()).hexdigest()}" in done.stdout
    assert f"verify PendingAttestation('{server.url}')" in done.stdout
    assert f"verify BitcoinBlockHeaderAttestation({BLOCK})" in done.stdout


@pytest.mark.skipif(not OTS.exists(), reason="ots is missing: pip install opentimestamps-client")
def test_a_stamp_that_a_user_got_is_accepted_and_added_to(archive: Path, server: Server) -> None:
    record = next(records_of(archive))
    words: list[str | Path] = [OTS, "--no-cache", "stamp", "--calendar", server.url, "-m", "1", record]
    subprocess.run(words, capture_output=True, check=True, env={"HOME": str(archive.parent)})
    (stamp,) = checked(archive).stamps
    assert stamp.by == server.url
    with serving(FakeCalendar()) as other:
        assert "submitted" in taz_archive("witness", archive, "--ots", other.url).output
        assert other.url in checked(archive).stamps[0].by
    assert server.url in checked(archive).stamps[0].by


def test_a_stamp_of_other_bytes_is_a_fault(archive: Path, server: Server) -> None:
    taz_archive("witness", archive, "--ots", server.url)
    record, stamp = next(records_of(archive)), stamp_of(archive)
    record.write_bytes(record.read_bytes().replace(b"\n", b"\r\n"))
    (fault,) = checked(archive).faults
    assert fault.what == f"{stamp}: it is the stamp of other bytes than this record's"
    done = taz_archive("witness", archive, "--ots", server.url)
    assert (done.exit_code, f"{stamp}: is the stamp of another record" in done.output) == (3, True)


def test_a_damaged_stamp_is_a_fault_whatever_is_in_it(archive: Path, server: Server) -> None:
    taz_archive("witness", archive, "--ots", server.url)
    stamp = stamp_of(archive)
    whole = stamp.read_bytes()
    deep = whole[:65] + b"\xf2" * 300  # after the header and the digest
    for content in (b"", whole[:-1], whole + b"x", b"x" * 200_000, deep):
        stamp.write_bytes(content)
        (fault,) = checked(archive).faults
        assert fault.what.startswith(f"{stamp}: it is not a stamp of OpenTimestamps")
    done = taz_archive("witness", archive, "--ots", server.url, "--quiet")
    assert (done.exit_code, done.output.count("\n")) == (3, 1)
    assert stamp.read_bytes() == content


def hostile_answers() -> Iterator[bytes]:
    yield b""
    yield b"<html>"
    yield b"\xf0\x01x" * 300 + b"\x00"
    yield b"\xf3" * 20  # doubles each time
    yield b"x" * 20_000
    yield serialized_with_rest()


def serialized_with_rest() -> bytes:
    stamp = Timestamp(b"x" * 32)
    stamp.attestations.add(PendingAttestation("http://127.0.0.1"))
    return serialized(stamp) + b"rest"


def test_other_answers_are_refused_and_nothing_is_kept(archive: Path, server: Server) -> None:
    for content in hostile_answers():
        server.answer = lambda asked, _, content=content: asked.send(content)  # type: ignore[misc]
        done = taz_archive("witness", archive, "--ots", server.url, "--quiet")
        assert (done.exit_code, done.output.count("\n")) == (3, 1)
        assert done.output.startswith(f"taz-archive: {server.url}/digest: ")
    server.answer = lambda asked, _: asked.send(b"", 503)
    assert "HTTP 503" in taz_archive("witness", archive, "--ots", server.url).output
    assert not stamp_of(archive).exists()


def test_only_known_calendars_are_asked(archive: Path, server: Server) -> None:
    """An answer may name any URL as the calendar that knows the block."""
    other = FakeCalendar()
    with serving(other) as victim:
        fake = FakeCalendar()
        server.answer = lambda asked, body: asked.send(fake._pending(body, victim.url))
        for _ in range(2):
            assert taz_archive("witness", archive, "--ots", server.url).exit_code == 0
        assert victim.requests == []


def test_a_stamp_of_a_weak_digest_is_a_fault_and_stops_no_other_witness(
    archive: Path, server: Server, tmp_path: Path
) -> None:
    """Two records with the same SHA-1 could be made at the same time."""
    (record,) = records_of(archive)
    weak = DetachedTimestampFile.from_fd(OpSHA1(), BytesIO(record.read_bytes()))
    weak.timestamp.attestations.add(PendingAttestation("http://127.0.0.1"))
    stamp_of(archive).write_bytes(serialized(weak))
    (fault,) = checked(archive).faults
    assert fault.what.endswith("it is the stamp of other bytes than this record's")
    lines = tmp_path / "roots.jsonl"
    done = taz_archive("witness", archive, "--ots", server.url, "--file", lines)
    assert (done.exit_code, "is the stamp of another record" in done.output) == (3, True)
    assert lines.read_bytes() == record.read_bytes()
