"""``datapackage.json``: describes exported rows, column by column.

https://specs.frictionlessdata.io
"""

import json
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple

from archive.export.files.output import whole_file
from archive.export.job import ExportJob
from archive.paper import WEB_URL

# The type and meaning of each column. Times and dates are formatted as in the archive.
COLUMN_DESCRIPTIONS = {
    "id": ("integer", "The number in the article's address (!6081430); negative is provisional."),
    "version": ("integer", "1 for the first version, counting up."),
    "version_count": ("integer", "Number of versions of the article at that time."),
    "first_seen": ("datetime", "Time of the first capture of this version, UTC."),
    "last_seen": ("datetime", "Time of the last capture of this version, UTC; at most the export's as-of."),
    "gone_since": ("datetime", "Time since which the article is gone, UTC; only on its latest version."),
    "url": ("string", "Address on the paper's website."),
    "title": ("string", "The whole title, kicker included."),
    "lead": ("string", "The lead, as one line."),
    "caption": ("string", "Caption of the picture."),
    "dateline": ("string", "Dateline of the body, as Berlin taz."),
    "published": ("date", "Date on the page."),
    "text": ("string", "The body: blocks separated by a blank line, subheads as “## …”."),
    "words": ("integer", "Number of words in text."),
    "truncation_count": ("integer", "Number of truncations that no other capture has healed."),
    "paragraphs_inferred": (
        "boolean",
        "Whether paragraph breaks are inferred from line lengths, since no page kept the blank lines.",
    ),
    "umlauts_transliterated": ("boolean", "Whether umlauts may be transliterated (ae for ä)."),
    "typography_only": (
        "boolean",
        "Whether only quotation marks, dashes, ellipses or adjacent spaces were edited.",
    ),
    "edited": (
        "array",
        "Fields edited since the previous version; not truncated fields that may be unchanged.",
    ),
    "truncations": ("array", "Truncations: field, offset and max_missing in characters."),
    "links": (
        "array",
        f"References: position, target (a path is on {WEB_URL}), text, start and end in text from 0.",
    ),
    "authors": ("array", "Names, in order, and the number of the author's page where known."),
    "tags": ("array", "Names, and the number of the topic's page where known, when last seen."),
    "related": (
        "array",
        f"Related articles when last seen: title, text, and target, a path on {WEB_URL}.",
    ),
}
REQUIRED_COLUMNS = (
    *("id", "version", "version_count", "first_seen", "last_seen"),
    *("title", "words", "truncation_count"),
)
MEDIA_TYPE_BY_FORMAT = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}


class RowsFile(NamedTuple):
    """A file of rows, relative to the ``datapackage.json``; ``more`` are further files of the same table."""

    path: str
    form: str
    more: tuple[str, ...] = ()


def write_datapackage(job: ExportJob, path: Path, resource: RowsFile) -> None:
    """Write the description of a file that is already written."""
    with whole_file(path) as file:
        text = json.dumps(package(job, path.parent, resource), ensure_ascii=False, indent=2)
        file.write(f"{text}\n".encode())


def package(job: ExportJob, folder: Path, resource: RowsFile) -> dict[str, object]:
    about = job.about
    return {
        "profile": "data-package",
        "name": "taz-archive",
        "title": about.paper,
        "description": f"{about.sentence[0].upper()}{about.sentence[1:]}.",
        "sources": [{"title": about.paper, "path": WEB_URL}],
        "licenses": [{"name": "other-closed", "title": about.licence}],
        "taz_archive": about.fields,
        "resources": [_resource(folder, resource)],
    }


def _resource(folder: Path, resource: RowsFile) -> dict[str, object]:
    path, form = folder / resource.path, resource.form
    described: dict[str, object] = {
        "name": "versions",
        "path": [resource.path, *resource.more] if resource.more else resource.path,
        "format": form,
        "mediatype": MEDIA_TYPE_BY_FORMAT[form],
    }
    if not resource.more:
        with path.open("rb") as file:
            described["hash"] = f"sha256:{file_digest(file, 'sha256').hexdigest()}"
        described["bytes"] = path.stat().st_size
    return described | (_typed_by_itself() if form == "parquet" else _table_schema(form))


def _table_schema(form: str) -> dict[str, object]:
    return {
        "encoding": "utf-8",
        "profile": "tabular-data-resource",
        "schema": {
            "fields": [_field(name, form) for name in COLUMN_DESCRIPTIONS],
            "primaryKey": ["id", "version"],
            "missingValues": [""],
        },
    }


def _typed_by_itself() -> dict[str, object]:
    """Describe Parquet, which contains its own types; table schemas do not support its lists."""
    return {"type": "file", "columns": {name: meaning for name, (_, meaning) in COLUMN_DESCRIPTIONS.items()}}


def _field(name: str, form: str) -> dict[str, object]:
    kind, meaning = COLUMN_DESCRIPTIONS[name]
    field: dict[str, object] = {"name": name, "type": kind, "description": meaning}
    if kind == "datetime":
        field["format"] = "%Y-%m-%dT%H:%M:%S.%fZ"
    if kind == "boolean" and form == "csv":
        field |= {"trueValues": ["1"], "falseValues": ["0"]}
    if name in REQUIRED_COLUMNS:
        field["constraints"] = {"required": True}
    return field
