"""A scheduler on another machine is used with TLS only, unless that is insisted on."""

from pathlib import Path

import pytest

from archive.bulk.cluster.scheduler_address import TlsFiles, scheduler_address

TLS = TlsFiles(Path("ca.pem"), Path("cert.pem"), Path("key.pem"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "[::1]"])
def test_loopback_needs_no_tls(host: str) -> None:
    assert scheduler_address(f"tcp://{host}:8786", None).url == f"tcp://{host}:8786"


@pytest.mark.parametrize(
    "host", ["10.0.0.5", "localhost.example", "bulk.example", "[2001:db8::1]", "0.0.0.0"]
)
def test_another_machine_without_tls_is_refused_unless_insecure(host: str) -> None:
    with pytest.raises(ValueError, match="without TLS: others on the network could"):
        scheduler_address(f"tcp://{host}:8786", None)
    assert scheduler_address(f"tcp://{host}:8786", None, insecure=True).url == f"tcp://{host}:8786"
    assert scheduler_address(f"tls://{host}:8786/", TLS) == (f"tls://{host}:8786", TLS)


def test_tls_and_files_for_it_go_together() -> None:
    with pytest.raises(ValueError, match="needs --tls-ca, --tls-cert and --tls-key"):
        scheduler_address("tls://bulk.example:8786", None)
    with pytest.raises(ValueError, match="use tls://, or leave out the --tls options"):
        scheduler_address("tcp://127.0.0.1:8786", TLS)


@pytest.mark.parametrize(
    "url",
    [
        "bulk.example",
        "tcp://bulk.example",
        "http://127.0.0.1:8786",
        "tcp://a@127.0.0.1:1",
        "inproc://1:2",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:65536",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=f'invalid scheduler "{url}": use tcp://127.0.0.1:8786 or tls://'):
        scheduler_address(url, None, insecure=True)
