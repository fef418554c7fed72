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
from archive.store import Column, ColumnType, SelectedVersion, columns_of

MEDIA_TYPE_BY_FORMAT = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}


class RowsFile(NamedTuple):
    """A file of rows, relative to the ``datapackage.json``; ``more`` are further files of the same table.

    ``columns`` describe the rows, which ``key`` identifies.
    """

    path: str
    form: str
    more: tuple[str, ...] = ()
    name: str = "versions"
    columns: tuple[Column, ...] = tuple(columns_of(SelectedVersion).values())
    key: tuple[str, ...] = ("id", "version")


def write_datapackage(job: ExportJob, path: Path, *resources: RowsFile) -> None:
    """Write the description of files that are already written."""
    with whole_file(path) as file:
        text = json.dumps(package(job, path.parent, *resources), ensure_ascii=False, indent=2)
        file.write(f"{text}\n".encode())


def package(job: ExportJob, folder: Path, *resources: RowsFile) -> dict[str, object]:
    about = job.about
    return {
        "profile": "data-package",
        "name": "taz-archive",
        "title": about.paper,
        "description": f"{about.sentence[0].upper()}{about.sentence[1:]}.",
        "sources": [{"title": about.paper, "path": WEB_URL}],
        "licenses": [{"name": "other-closed", "title": about.licence}],
        "taz_archive": about.fields,
        "resources": [_resource(folder, resource) for resource in resources],
    }


def _resource(folder: Path, resource: RowsFile) -> dict[str, object]:
    path, form = folder / resource.path, resource.form
    described: dict[str, object] = {
        "name": resource.name,
        "path": [resource.path, *resource.more] if resource.more else resource.path,
        "format": form,
        "mediatype": MEDIA_TYPE_BY_FORMAT[form],
    }
    if not resource.more:
        with path.open("rb") as file:
            described["hash"] = f"sha256:{file_digest(file, 'sha256').hexdigest()}"
        described["bytes"] = path.stat().st_size
    return described | (_typed_by_itself(resource) if form == "parquet" else _table_schema(resource))


def _table_schema(resource: RowsFile) -> dict[str, object]:
    return {
        "encoding": "utf-8",
        "profile": "tabular-data-resource",
        "schema": {
            "fields": [_field(column, resource.form) for column in resource.columns],
            **({"primaryKey": list(resource.key)} if resource.key else {}),
            "missingValues": [""],
        },
    }


def _typed_by_itself(resource: RowsFile) -> dict[str, object]:
    """Describe Parquet, which contains its own types; table schemas do not support its lists."""
    return {"type": "file", "columns": {column.name: column.meaning for column in resource.columns}}


def _field(column: Column, form: str) -> dict[str, object]:
    field: dict[str, object] = {
        "name": column.name,
        "type": column.value_type.value,
        "description": column.meaning,
    }
    if column.value_type is ColumnType.TIME:
        field["format"] = "%Y-%m-%dT%H:%M:%S.%fZ"
    if column.value_type is ColumnType.BOOLEAN and form == "csv":
        field |= {"trueValues": ["1"], "falseValues": ["0"]}
    if not column.nullable:
        field["constraints"] = {"required": True}
    return field
