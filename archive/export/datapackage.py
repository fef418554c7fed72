"""``datapackage.json`` beside rows: what they are, column by column.

https://specs.frictionlessdata.io
"""

import json
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple

from archive.export.files.output import whole_file
from archive.export.job import Job
from archive.paper import WEB_URL

# Of each column the type and what it means; times and dates in the forms the archive has.
COLUMNS = {
    "id": ("integer", "The number in the article's address (!6081430); negative is provisional."),
    "version": ("integer", "1 for the first wording, counting up."),
    "versions": ("integer", "How many wordings the article had had until then."),
    "first_seen": ("datetime", "When the first capture of this wording was taken, UTC."),
    "last_seen": ("datetime", "When the last capture of it was taken, UTC; at most the export's as-of."),
    "gone_since": ("datetime", "Since when the article was not to be found; on its latest version only."),
    "url": ("string", "Address on the paper's website."),
    "title": ("string", "The whole title, kicker included."),
    "lead": ("string", "The lines under the title, as one."),
    "caption": ("string", "Of the picture."),
    "dateline": ("string", "What opens the body: Berlin taz."),
    "published": ("date", "Date on the page."),
    "text": ("string", "The body: blocks separated by a blank line, subheads as “## …”."),
    "words": ("integer", "How many words text has."),
    "cuts": ("integer", "Places that a source cut, and that no other capture has healed."),
    "guessed": (
        "boolean",
        "Whether paragraphs are told by wrapping, every page having lost its blank lines.",
    ),
    "folded": ("boolean", "Whether umlauts may be written out in it (ae)."),
    "typography_only": (
        "boolean",
        "Whether only quotation marks, dashes, ellipses or the spaces beside them were edited.",
    ),
    "edited": (
        "array",
        "Fields edited since the version before; not truncated ones that can be what they were.",
    ),
    "missing": ("array", "The places cut: field, place in characters from 0, most characters missing."),
    "links": (
        "array",
        f"References: n, target (a path is on {WEB_URL}), text, start and end in text from 0.",
    ),
    "authors": ("array", "Names, in order, and the number of the author's page where known."),
    "tags": ("array", "Names, and the number of the topic's page where known, when last seen."),
    "related": (
        "array",
        f"Related articles when last seen: title, text, and target, a path on {WEB_URL}.",
    ),
}
REQUIRED = ("id", "version", "versions", "first_seen", "last_seen", "title", "words", "cuts")
MEDIA = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}


class Resource(NamedTuple):
    """A file of rows, by its name beside the ``datapackage.json``; ``more`` are further ones of the same."""

    path: str
    form: str
    more: tuple[str, ...] = ()


def write_datapackage(job: Job, path: Path, resource: Resource) -> None:
    """Write the description beside what it describes, which is written already."""
    with whole_file(path) as file:
        text = json.dumps(package(job, path.parent, resource), ensure_ascii=False, indent=2)
        file.write(f"{text}\n".encode())


def package(job: Job, folder: Path, resource: Resource) -> dict[str, object]:
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


def _resource(folder: Path, resource: Resource) -> dict[str, object]:
    path, form = folder / resource.path, resource.form
    described: dict[str, object] = {
        "name": "versions",
        "path": [resource.path, *resource.more] if resource.more else resource.path,
        "format": form,
        "mediatype": MEDIA[form],
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
            "fields": [_field(name, form) for name in COLUMNS],
            "primaryKey": ["id", "version"],
            "missingValues": [""],
        },
    }


def _typed_by_itself() -> dict[str, object]:
    """Parquet has its types within; the library of these descriptions knows no lists of it."""
    return {"type": "file", "columns": {name: meaning for name, (_, meaning) in COLUMNS.items()}}


def _field(name: str, form: str) -> dict[str, object]:
    kind, meaning = COLUMNS[name]
    field: dict[str, object] = {"name": name, "type": kind, "description": meaning}
    if kind == "datetime":
        field["format"] = "%Y-%m-%dT%H:%M:%S.%fZ"
    if kind == "boolean" and form == "csv":
        field |= {"trueValues": ["1"], "falseValues": ["0"]}
    if name in REQUIRED:
        field["constraints"] = {"required": True}
    return field
