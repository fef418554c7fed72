"""Manifests of a dataset of captures: which files it has. Each is named by the digest of its bytes."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from itertools import groupby

from archive.bulk.captures.capture_file import CaptureFile
from archive.bulk.storage import Storage
from archive.errors import DatasetError
from archive.store import Part

MANIFESTS, MANIFEST_ENDING = "manifests", ".json"
MAX_MANIFEST_BYTES = 16 * 2**20  # of about 300 bytes for each file
_READ_AT_ONCE = 16  # manifests: an object store takes its time for each


def write_manifest(
    storage: Storage, files: Sequence[CaptureFile], about: Mapping[str, str] | None = None
) -> None:
    """Write a manifest of files that are written; they count from then on. ``about`` describes them."""
    if files:
        manifest = {**(about or {}), "files": [file.fields for file in sorted(files)]}
        encoded = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
        storage.write(f"{MANIFESTS}/{sha256(encoded).hexdigest()}{MANIFEST_ENDING}", encoded)


def capture_files(storage: Storage) -> dict[Part, tuple[CaptureFile, ...]]:
    """Return the files of a dataset by part, sorted. Raise :exc:`DatasetError` for an invalid manifest."""
    found: dict[str, CaptureFile] = {}
    names = storage.names(MANIFESTS, ending=MANIFEST_ENDING)
    with ThreadPoolExecutor(_READ_AT_ONCE) as readers:
        for name, files in zip(names, readers.map(partial(_listed, storage), names), strict=True):
            for file in files:
                if found.setdefault(file.name, file) != file:
                    where = f"{storage.url}/{name}"
                    raise DatasetError(f"{where}: contradicts another manifest about {file.name}")
    return {part: tuple(files) for part, files in groupby(sorted(found.values()), key=lambda file: file.part)}


def _listed(storage: Storage, name: str) -> Iterable[CaptureFile]:
    where = f"{storage.url}/{name}"
    content = storage.read(name, most=MAX_MANIFEST_BYTES)
    if name != f"{MANIFESTS}/{sha256(content).hexdigest()}{MANIFEST_ENDING}":
        raise DatasetError(f"{where}: its digest differs from its name; restore or delete it")
    try:
        return list(_parsed(json.loads(content)))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise DatasetError(f"{where}: not a manifest of captures: {reason}") from error


def _parsed(manifest: object) -> Iterator[CaptureFile]:
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), list):
        raise ValueError("expected a list of files")  # noqa: TRY004 - what it says is wrong, not its type
    yield from map(CaptureFile.parsed, manifest["files"])
