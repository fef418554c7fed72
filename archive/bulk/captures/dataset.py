"""A dataset of captures: Parquet files of facts, in folders by part, and manifests that list them.

``article-00006080000/SHA256.parquet`` has captures of a part in the order of :attr:`.CaptureFact.order`.
Files are named by the digest of their bytes and never change, so the union of two datasets is the union of
their files. A file counts once a manifest lists it, ``manifests/SHA256.json``, which is written after it.
"""

from archive.bulk.captures.capture_file import CaptureFile
from archive.bulk.captures.capture_manifests import capture_files, write_manifest
from archive.bulk.captures.fact_reading import read_facts
from archive.bulk.captures.fact_writing import write_facts

__all__ = ["CaptureFile", "capture_files", "read_facts", "write_facts", "write_manifest"]
