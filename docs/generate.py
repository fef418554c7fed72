"""Write what can be told from the program itself: docs/cli.md, docs/schema.md, metadata.yml.

``python docs/generate.py`` writes them, ``--check`` only says which are stale and exits 1.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from click import Command, Context, Group
from sqlite_utils import Database

from archive.cli import exit_codes
from archive.cli.main import cli
from archive.cli.metadata import metadata_yml
from archive.store import columns, open_writer
from archive.store.columns import TABLES
from archive.store.db.schema import migrations
from archive.store.kinds import ORIGINS, Origin
from archive.store.views import VIEWS

HOME = Path(__file__).parent.parent
MADE = "<!-- Made by docs/generate.py; `make docs` makes it anew. -->"
COLUMNS = 100  # of the terminal that --help is printed for


# -- docs/cli.md ----------------------------------------------------------------------------------


CLI = f"""\
# Commands

{MADE}

What each command prints for `--help`. Results go to stdout, everything else to stderr; with `--json`
a command prints JSON. An archive is one SQLite file, here `DB`.

## Times

An option that takes a `TIME` reads `2025-04-10` and `2025-04-10T18:00`, which are UTC unless a zone
follows (`+02:00`); `now`, `today` and `yesterday`; and `24h` or `7d`, which is so long ago. A day, a minute
or a second stands for its first moment; for `--until` and `--as-of` it stands for its last.

## Exit codes

| code | meaning |
|---|---|"""


def cli_md() -> str:
    codes = [f"| {code} | {meaning} |" for code, meaning in sorted(exit_codes.MEANINGS.items())]
    commands = [line for name in cli.list_commands(Context(cli)) for line in _command(name)]
    return "\n".join([CLI, *codes, "", "## taz-archive", "", *_help(), *commands])


def _command(name: str) -> Iterator[str]:
    command = _found(name)
    assert not isinstance(command, Group), f"{name}: commands of commands are not documented yet"
    yield from ["", f"## taz-archive {name}", "", *_help(name)]


def _found(name: str) -> Command:
    command = cli.get_command(Context(cli), name)
    assert command
    return command


def _help(name: str | None = None) -> list[str]:
    """What ``--help`` prints; click leaves two columns of the terminal free."""
    context = Context(cli, info_name="taz-archive", terminal_width=COLUMNS - 2, **cli.context_settings)
    command: Command = cli
    if name:
        command = _found(name)
        context = Context(command, parent=context, info_name=name, **command.context_settings)
    return ["```text", *(line.rstrip() for line in command.get_help(context).splitlines()), "```"]


# -- docs/schema.md -------------------------------------------------------------------------------


SCHEMA = f"""\
# Tables

{MADE}

An archive is one SQLite file, for `sqlite3`, Datasette and `sqlite-utils` as it is. Its tables are strict:
a column holds values of its type, or NULL.
"""


def schema_md() -> str:
    assert columns.__doc__
    conventions = columns.__doc__.partition("\n\n")[2].strip().replace("``", "`")
    with tempfile.TemporaryDirectory() as folder, open_writer(Path(folder) / "taz.db") as archive:
        applied = ", ".join(f"`{migration.name}`" for migration in migrations.applied(archive.db))
        return "\n".join(
            [
                *(SCHEMA, conventions, "", f"Migrations: {applied}.", ""),
                *("```mermaid", "erDiagram", *_relations(archive.db), "```"),
                *_origins(archive.db),
                *_views(),
            ]
        )


def _relations(db: Database) -> Iterator[str]:
    """One line per foreign key: many rows of the one may point to one of the other, or to none."""
    for name in TABLES:
        needed = {column.name for column in db.table(name).columns if column.notnull}
        for key in db.table(name).foreign_keys:
            yield f'  {key.other_table} {"||" if key.column in needed else "|o"}--o{{ {name} : "{key.column}"'


def _origins(db: Database) -> Iterator[str]:
    for origin in Origin:
        yield from ["", f"## {origin.value.capitalize()}", "", ORIGINS[origin]]
        for name, table in TABLES.items():
            if table.origin is origin:
                yield from _table(db, name)


def _views() -> Iterator[str]:
    yield from ["", "## Views", "", "For SQL that does not care how it is all kept."]
    for name, view in VIEWS.items():
        yield from ["", f"### {name}", "", view.rows, "", "| column | meaning |", "|---|---|"]
        yield from (f"| `{column}` | {meaning} |" for column, meaning in view.columns.items())


def _table(db: Database, name: str) -> Iterator[str]:
    meanings = TABLES[name].columns
    references = {key.column: key.other_table for key in db.table(name).foreign_keys}
    yield from ["", f"### {name}", "", TABLES[name].rows, "", "| column | type | meaning |", "|---|---|---|"]
    for column in db.table(name).columns:
        words = [column.type.lower() or "text"]  # FTS5's columns have no type of their own
        words += ["key"] if column.is_pk else ["not null"] if column.notnull else []
        other = references.get(column.name)
        kind = ", ".join(words) + (f" → [{other}](#{other})" if other else "")
        yield f"| `{column.name}` | {kind} | {meanings[column.name]} |"
    if indexes := _indexes(db, name):
        yield from ["", f"Indexes: {' · '.join(f'`{index}`' for index in indexes)}"]


def _indexes(db: Database, name: str) -> list[str]:
    """What somebody indexed, and what must be unique; primary keys are told with the columns."""
    rows = db.execute(
        "SELECT i.name, s.sql FROM pragma_index_list(?) i LEFT JOIN sqlite_schema s ON s.name = i.name"
        " WHERE i.origin <> 'pk' ORDER BY i.origin, i.name",
        [name],
    ).fetchall()
    return [
        sql.partition(f" ON {name} ")[2] if sql else f"{_columns(db, index)} UNIQUE" for index, sql in rows
    ]


def _columns(db: Database, index: str) -> str:
    rows = db.execute("SELECT name FROM pragma_index_info(?) ORDER BY seqno", [index])
    return f"({', '.join(column for (column,) in rows)})"


# -- all of them ----------------------------------------------------------------------------------

GENERATED: dict[str, Callable[[], str]] = {
    "docs/cli.md": cli_md,
    "docs/schema.md": schema_md,
    "metadata.yml": lambda: metadata_yml(Path("taz.db")).rstrip("\n"),
}


def main(arguments: list[str]) -> int:
    """The exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python docs/generate.py [--check]", file=sys.stderr)
        return exit_codes.USAGE
    texts = {name: f"{made()}\n" for name, made in GENERATED.items()}
    stale = [name for name, text in texts.items() if _read(HOME / name) != text]
    if arguments == ["--check"]:
        if stale:
            print(f"stale: {', '.join(stale)}; run `make docs` and commit what it writes", file=sys.stderr)
        return exit_codes.FAILED if stale else exit_codes.DONE
    for name in stale:
        (HOME / name).write_text(texts[name], encoding="utf-8")
        print(f"wrote {name}")
    return exit_codes.DONE


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
