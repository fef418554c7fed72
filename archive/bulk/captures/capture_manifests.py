"""Manifests of a dataset of captures: which files it has. Each is named by the digest of its bytes."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import groupby

from archive.bulk.captures.capture_file import CaptureFile
from archive.bulk.json_fields import json_bytes, json_translated
from archive.bulk.storage import Storage
from archive.errors import DatasetError
from archive.store import Part

MANIFESTS, MANIFEST_ENDING = "manifests", ".json"
MAX_MANIFEST_BYTES = 16 * 2**20  # of about 300 bytes for each file


def write_manifest(
    storage: Storage, files: Sequence[CaptureFile], about: Mapping[str, str] | None = None
) -> None:
    """Write a manifest of files that are written; they count from then on. ``about`` describes them."""
    if files:
        manifest = {**(about or {}), "files": [file.fields for file in sorted(files)]}
        encoded = json_bytes(manifest)
        storage.write(f"{MANIFESTS}/{sha256(encoded).hexdigest()}{MANIFEST_ENDING}", encoded)


def capture_files(storage: Storage) -> dict[Part, tuple[CaptureFile, ...]]:
    """Return the files of a dataset by part, sorted. Raise :exc:`DatasetError` for an invalid manifest."""
    found: dict[str, CaptureFile] = {}
    names = storage.names(MANIFESTS, ending=MANIFEST_ENDING)
    for name, content in storage.read_all(names, most=MAX_MANIFEST_BYTES):
        where = f"{storage.url}/{name}"
        for file in _listed(name, content, where):
            if found.setdefault(file.name, file) != file:
                raise DatasetError(f"{where}: contradicts another manifest about {file.name}")
    return {part: tuple(files) for part, files in groupby(sorted(found.values()), key=lambda file: file.part)}


def _listed(name: str, content: bytes, where: str) -> Iterable[CaptureFile]:
    if name != f"{MANIFESTS}/{sha256(content).hexdigest()}{MANIFEST_ENDING}":
        raise DatasetError(f"{where}: its digest differs from its name; restore or delete it")
    with json_translated(where, "a manifest of captures"):
        return list(_parsed(json.loads(content)))


def _parsed(manifest: object) -> Iterator[CaptureFile]:
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), list):
        raise ValueError("expected a list of files")  # noqa: TRY004 - what it says is wrong, not its type
    yield from map(CaptureFile.parsed, manifest["files"])
