"""A real Dask scheduler with worker processes on loopback."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.running.crawls import LOOPBACK, wait_for
from tests.support.running.time_limit import LONGEST

DASK = (sys.executable, "-m", "dask")
HIDDEN = ("--dashboard-address", f"{LOOPBACK}:0")


@contextmanager
def dask_cluster(
    folder: Path, env: Mapping[str, str], *, workers: int = 2, tls: Sequence[str] = ()
) -> Iterator[str]:
    """Run a scheduler and workers with options for TLS, if any. Yield the scheduler's URL."""
    file = folder / "scheduler.json"
    protocol = ("--protocol", "tls" if tls else "tcp")
    listening = ("--host", LOOPBACK, "--port", "0", *protocol, "--scheduler-file", file)
    with _running(folder, env, "scheduler", *listening, *tls):
        wait_for(lambda: file.exists() and file.read_text().endswith("}"), "a scheduler")
        url = str(json.loads(file.read_text())["address"])
        limits = (
            "--nworkers",
            workers,
            "--nthreads",
            1,
            "--memory-limit",
            "1GiB",
            "--death-timeout",
            LONGEST,
        )
        with _running(folder, env, "worker", url, "--host", LOOPBACK, *limits, *tls):
            yield url


@contextmanager
def _running(folder: Path, env: Mapping[str, str], *words: object) -> Iterator[None]:
    """Run a command of Dask while the block runs."""
    with (folder / f"{words[0]}.log").open("w") as log:
        process = subprocess.Popen(
            [*DASK, *map(str, words), *HIDDEN], cwd=folder, env=env, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(LONGEST)
            finally:
                process.kill()


def make_certificates(folder: Path, name: str) -> Sequence[str]:
    """Make an authority and a certificate that it signed. Return Dask's options to use them."""
    ca, cert, key = (folder / f"{name}-{what}.pem" for what in ("ca", "cert", "key"))
    ca_key, request = folder / f"{name}-ca-key.pem", folder / f"{name}.csr"
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl("req", "-x509", *new_key, "-subj", f"/CN={name} authority", "-keyout", ca_key, "-out", ca)
    _openssl("req", *new_key, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    signing = ("-CA", ca, "-CAkey", ca_key, "-CAcreateserial")
    _openssl("x509", "-req", "-in", request, *signing, "-out", cert)
    return ("--tls-ca-file", str(ca), "--tls-cert", str(cert), "--tls-key", str(key))


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
