"""Time stamps of records: a real authority's are kept and checked, and anything else is refused."""

import gzip
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from archive.errors import WitnessError
from archive.witness.checking import check_witnesses, published_records
from archive.witness.kept_records import read_kept, record_of_stamp
from archive.witness.stamps.stamp_problems import InvalidStamp
from archive.witness.stamps.time_stamp import check_purpose
from archive.witness.stamps.time_stamp_server import TimeStampServer
from tests.support.samples.witnessed_archive import one_capture, records_of, taz_archive
from tests.support.servers.free_ports import LOOPBACK
from tests.support.servers.time_stamp_authority import (
    Authority,
    Handler,
    Server,
    needs_openssl,
    openssl,
    serving,
)

pytestmark = needs_openssl


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "it")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("foreign") / "it", "Foreign")


@pytest.fixture
def server(authority: Authority) -> Iterator[Server]:
    with serving(lambda asked, body: asked.send(authority.reply(body))) as found:
        yield found


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = one_capture(tmp_path / "taz.db")
    taz_archive("witness", path)
    return path


def record_of(archive: Path) -> Path:
    (file,) = records_of(archive)
    return file


def stamped(archive: Path, server: Server) -> Path:
    assert taz_archive("witness", archive, "--tsa", f"{server.url}/tsr").exit_code == 0
    (file,) = record_of(archive).parent.glob("*.tsr")
    return file


def verified(archive: Path, *options: object) -> tuple[int, str]:
    done = taz_archive("verify", archive, *options)
    return done.exit_code, done.output


def faults(archive: Path, *authorities: Path) -> list[str]:
    found = check_witnesses(archive, published_records(archive, []), authorities).faults
    assert all(fault.part == "witnesses" for fault in found)
    return [fault.what for fault in found]


def test_a_record_is_stamped_once_by_each_server(archive: Path, server: Server, authority: Authority) -> None:
    first = taz_archive("witness", archive, "--tsa", f"{server.url}/tsr", "--tsa", f"{server.url}/other")
    assert first.exit_code == 0
    assert first.output.count("stamped at ") == 2
    assert "by CN=Test TSA,O=Test" in first.output
    again = taz_archive("witness", archive, "--tsa", f"{server.url}/tsr/")
    assert "published before" in again.output
    assert [(path, kind) for path, kind, _ in server.requests] == [
        ("/tsr", "application/timestamp-query"),
        ("/other", "application/timestamp-query"),
    ]
    assert len({body for _, _, body in server.requests}) == 2  # each has its nonce
    code, output = verified(archive, "--tsa-ca", authority.ca)
    assert (code, "stamped: 2 roots by CN=Test TSA,O=Test, the last on " in output) == (0, True)
    assert "not known here" not in output


def test_a_stranger_checks_a_stamp_with_openssl(archive: Path, server: Server, authority: Authority) -> None:
    stamp = stamped(archive, server)
    words: list[str | Path] = [
        "openssl",
        "ts",
        "-verify",
        "-data",
        record_of(archive),
        "-in",
        stamp,
        "-CAfile",
        authority.ca,
    ]
    assert "Verification: OK" in subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_an_unknown_authority_is_a_note_with_its_name(
    archive: Path, server: Server, authority: Authority, foreign: Authority
) -> None:
    stamped(archive, server)
    for options in (("--quiet",), ("--tsa-ca", foreign.ca)):
        code, output = verified(archive, *options)
        assert code == 0
        if "--quiet" in options:
            assert output == ""
            continue
        assert "1 stamp by CN=Test TSA,O=Test: the authority, CN=Test CA,O=Test, is not known here" in output
        assert "give its certificate with --tsa-ca FILE" in output
    known = authority.folder / "tsa.pem"  # the signer itself may be trusted, too
    found = json.loads(verified(archive, "--json", "--tsa-ca", known)[1])
    assert [(each["by"], each["lacks"]) for each in found["stamps"]] == [("CN=Test TSA,O=Test", "")]


def test_a_stamp_that_a_user_got_is_checked(archive: Path, authority: Authority) -> None:
    stamp = Path(f"{record_of(archive)}.tsr")
    stamp.write_bytes(authority.stamp(record_of(archive), "-no_nonce"))
    code, output = verified(archive)
    assert (code, "the signer's certificate is missing: give it with --tsa-ca FILE" in output) == (0, True)
    signer = authority.folder / "tsa.pem"
    code, output = verified(archive, "--tsa-ca", authority.ca, "--tsa-ca", signer)
    assert (code, "stamped: 1 root by CN=Test TSA" in output, "missing" in output) == (0, True, False)


def test_a_stamp_of_other_bytes_is_a_fault(archive: Path, server: Server, authority: Authority) -> None:
    stamp, record = stamped(archive, server), record_of(archive)
    record.write_bytes(record.read_bytes().replace(b"\n", b"\r\n"))
    assert faults(archive, authority.ca) == [f"{stamp}: it is the stamp of other bytes than this record's"]
    record.unlink()
    taz_archive("witness", archive)
    record_of(archive).rename(record.with_name("another.json"))
    assert faults(archive) == [f"{stamp}: its record is missing"]


def test_each_changed_byte_of_what_was_signed_is_a_fault(archive: Path, server: Server) -> None:
    stamp = stamped(archive, server)
    whole = stamp.read_bytes()
    for part in (b"Test TSA", b"\x04\x20", b"\x18\x0f20"):
        changed = bytearray(whole)
        changed[whole.rindex(part) + len(part) - 1] ^= 1
        stamp.write_bytes(changed)
        (fault,) = faults(archive)
        assert fault.startswith(f"{stamp}: "), part
    changed = bytearray(whole)
    changed[-1] ^= 1
    stamp.write_bytes(changed)
    assert faults(archive) == [f"{stamp}: its signature does not hold"]
    assert verified(archive)[0] == 5


@pytest.mark.parametrize("content", [b"", b"x" * 200_000, b"0\x80", b"\x30\x03\x02\x01\x00"])
def test_what_is_no_stamp_is_a_fault(archive: Path, content: bytes) -> None:
    stamp = Path(f"{record_of(archive)}.tsr")
    stamp.write_bytes(content)
    assert faults(archive) == [f"{stamp}: it is not a time stamp, or a damaged one"]


def test_a_file_without_certificates_is_refused(archive: Path, server: Server, tmp_path: Path) -> None:
    stamped(archive, server)
    other = tmp_path / "other"
    other.write_text("-----BEGIN")
    code, output = verified(archive, "--tsa-ca", other)
    assert (code, f"taz-archive: {other}: has no certificates; give a file in PEM" in output) == (1, True)
    with pytest.raises(InvalidStamp, match="missing: is not a file"):
        faults(archive, tmp_path / "missing")


def refusals(authority: Authority, record: Path) -> Iterator[tuple[object, str]]:
    own = authority.stamp(record, "-cert")
    yield (lambda asked, _: asked.send(own)), "it is not the stamp that was asked for"
    yield (lambda asked, _: asked.send(b"<html>")), "the reply is refused: it is not a time stamp"
    yield (lambda asked, body: asked.send(authority.reply(body)[:-9])), "it is not a time stamp"
    yield (lambda asked, _: asked.send(b"", 500)), "HTTP 500"
    yield (lambda asked, _: asked.send(b"", 404)), "HTTP 404"
    yield (lambda asked, _: asked.send(b"", 302, Location="http://other.example/")), "the server redirects"
    yield (lambda asked, _: asked.connection.close()), "the connection broke off"
    yield (
        (lambda asked, _: asked.send(authority.reply(b"nonsense"))),
        "the reply is refused: the server refused",
    )
    bomb = gzip.compress(bytes(90_000))
    yield (
        (lambda asked, _: asked.send(bomb, **{"Content-Encoding": "gzip"})),
        "the answer is compressed, which was not asked for",
    )
    yield endless, "the answer does not end"


def endless(asked: Handler, _: bytes) -> None:
    asked.send_response(200)
    asked.end_headers()
    while True:
        asked.wfile.write(b"x" * 10_000)


def test_other_replies_are_refused_and_nothing_is_kept(
    archive: Path, authority: Authority, tmp_path: Path, server: Server
) -> None:
    for answer, problem in refusals(authority, record_of(archive)):
        server.answer = answer  # type: ignore[assignment]  # of the same arguments
        done = taz_archive("witness", archive, "--tsa", server.url, "--quiet")
        assert done.exit_code == 3
        assert done.output.startswith(f"taz-archive: {server.url}: ")
        assert problem in done.output
        assert done.output.count("\n") == 1
    assert not list(record_of(archive).parent.glob("*.tsr"))


def slow(asked: Handler, _: bytes) -> None:
    asked.send_response(200)
    asked.end_headers()
    while True:
        asked.wfile.write(b"x")
        asked.wfile.flush()
        asked.server.stop.wait(0.05)  # type: ignore[attr-defined]  # set below


def test_a_server_that_is_slow_or_away_is_given_up(archive: Path, server: Server) -> None:
    kept = read_kept(record_of(archive))
    server.stop = threading.Event()  # type: ignore[attr-defined]  # ends what `slow` writes
    server.answer = slow
    with pytest.raises(WitnessError, match=r"the answer does not end|no response within"):
        TimeStampServer(server.url, timeout=0.5).publish(kept)
    with pytest.raises(WitnessError, match="cannot be reached"):
        TimeStampServer(f"http://{LOOPBACK}:9").publish(kept)


def test_a_certificate_for_another_purpose_is_refused(
    archive: Path, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other", purpose="other")
    certificate = x509.load_pem_x509_certificate((other.folder / "tsa.pem").read_bytes())
    with pytest.raises(InvalidStamp, match="not for time stamps"):
        check_purpose(certificate, certificate.not_valid_before_utc)
    good = x509.load_pem_x509_certificate((authority.folder / "tsa.pem").read_bytes())
    check_purpose(good, good.not_valid_after_utc)
    with pytest.raises(InvalidStamp, match="was not valid at the time of the stamp"):
        check_purpose(good, good.not_valid_after_utc.replace(year=2099))


@pytest.mark.parametrize("url", ["tsa.example", "ftp://tsa.example", "https://a:b@tsa.example", "https://"])
def test_other_urls_are_refused_at_once(archive: Path, url: str) -> None:
    done = taz_archive("witness", archive, "--tsa", url)
    assert (done.exit_code, "invalid URL" in done.output) == (2, True)


def test_a_certificate_whose_name_cannot_be_read_is_refused(
    archive: Path, server: Server, authority: Authority
) -> None:
    ca = openssl("x509", "-in", authority.ca, "-outform", "DER")
    odd = ca.replace(b"Test CA", b"Test\xffCA")
    server.answer = lambda asked, body: asked.send(authority.reply(body).replace(ca, odd))
    done = taz_archive("witness", archive, "--tsa", server.url, "--quiet")
    assert (done.exit_code, "it is not a time stamp, or a damaged one" in done.output) == (3, True)


def test_a_stamp_belongs_to_the_record_of_which_its_name_begins_with_the_whole_name() -> None:
    names = {"a.json", "a.json.json"}
    assert record_of_stamp(Path("a.json.ots"), names) == "a.json"
    assert record_of_stamp(Path("b.json.tsa.example.json.tsr"), {"b.json"}) == "b.json"
    assert record_of_stamp(Path("a.jsonl.ots"), names) is None
    assert record_of_stamp(Path("aa.json.ots"), names) is None
