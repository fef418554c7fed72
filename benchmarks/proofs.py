"""What the root of all captures costs: CPU time while recording, and of proofs in a large archive.

``PROOF_VERSIONS`` sets the number of captures of the large one (default 100,000), ``PROOF_ARCHIVE`` a file to
reuse, created if missing.
"""

import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from archive.proofs.proof import write_proof
from archive.store import open_reader, open_writer
from benchmarks import synthetic_archive
from benchmarks.pages import wire_pages
from benchmarks.timing import show
from crawler.demo.newspaper.pages.newspaper import START

PAGES, PAGES_PER_RUN, PROOFS = 3000, 300, 40


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        _measure_recording(Path(folder) / "taz.db")
        large = Path(os.environ.get("PROOF_ARCHIVE", f"{folder}/large.db"))
        if not large.exists():
            synthetic_archive.fill(large, int(os.environ.get("PROOF_VERSIONS", "100000")))
        _measure_proofs(large, Path(folder) / "proof.json")


def _measure_recording(path: Path) -> None:
    """Record runs of pages, fetched one a second."""
    recording = root = 0.0
    pages = wire_pages(PAGES)
    for first in range(0, PAGES, PAGES_PER_RUN):
        with open_writer(path) as archive:
            begun = process_time()
            for at, page in enumerate(pages[first : first + PAGES_PER_RUN], start=first):
                archive.record([page.capture(START + timedelta(seconds=at))])
            recorded = process_time()
            archive.store_root()
            recording, root = recording + recorded - begun, root + process_time() - recorded
    show(f"storing the root after each run of {PAGES_PER_RUN}, of recording", root / recording * 100, "%")
    show("  CPU time per capture", root / PAGES * 1e6, "µs")


def _measure_proofs(large: Path, file: Path) -> None:
    with open_writer(large):
        pass  # stores the root
    with open_reader(large) as archive:
        root, captures = archive.tree.root()
        [(last,)] = archive.rows("SELECT max(id) FROM captures WHERE id < 100000000")
        seconds, sizes = [], []
        for at in range(PROOFS):
            begun = perf_counter()
            text = write_proof(archive.tree.proof(1 + at * (last - 1) // PROOFS))
            seconds.append(perf_counter() - begun)
            sizes.append(len(text))
    file.write_text(text, encoding="utf-8")
    show(
        f"a proof among {captures:,} captures",
        median(seconds) * 1000,
        "ms",
        f"at most {max(seconds) * 1000:.1f}",
    )
    show("  its size", max(sizes), "bytes")
    show("checking a proof, start-up included", _seconds_checking(file, root.hex()) * 1000, "ms")


def _seconds_checking(file: Path, root: str) -> float:
    command = [str(Path(sys.executable).parent / "taz-archive"), "check", str(file), "--root", root]
    found = []
    for _ in range(20):
        begun = perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        found.append(perf_counter() - begun)
    return median(found)


if __name__ == "__main__":
    main()
