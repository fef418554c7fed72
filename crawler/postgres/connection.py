"""A connection to the PostgreSQL database of a shared frontier, which is opened again when it breaks.

libpq reads the URL: TLS (``?sslmode=verify-full``), ``~/.pgpass``, service files and variables such as
``PGPASSWORD`` work as in ``psql``.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import psycopg
from psycopg import Connection, errors
from psycopg.abc import Buffer
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo, ConninfoOption
from psycopg.types.string import StrDumperUnknown

from archive.dump.grammar import clean
from archive.errors import FrontierError, FrontierUnreachable
from crawler import clock

T = TypeVar("T")

URL_SCHEMES = ("postgresql://", "postgres://")
OLDEST_RELEASE = 15
RECONNECT_SECONDS = 20.0  # for which a server that went away is tried again
ANSWER_SECONDS = 30.0  # after which a server that is connected but hangs counts as gone
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 2.0  # between two tries
# How a dead network is noticed, and which node of a cluster is meant. A URL may say otherwise.
_DEFAULTS = {
    "application_name": "taz-archive",
    "client_encoding": "utf8",
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 5,  # seconds
    "keepalives_interval": 3,  # seconds
    "keepalives_count": 3,
    "target_session_attrs": "read-write",
    "tcp_user_timeout": 10_000,  # milliseconds
}
# A statement or a transaction that hangs must not hold up the other crawlers. Short queries gain nothing from
# being compiled.
_SESSION = """
SELECT set_config(name, value, false) FROM (VALUES ('search_path', 'taz_archive'), ('timezone', 'UTC'),
  ('statement_timeout', '10s'), ('lock_timeout', '5s'), ('idle_in_transaction_session_timeout', '10s'),
  ('default_transaction_isolation', 'read committed'), ('synchronous_commit', 'on'), ('jit', 'off'))
  AS settings (name, value)
"""
_BROKEN = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    errors.IdleInTransactionSessionTimeout,  # this process was stopped for longer
    errors.TransactionTimeout,
)
# Rights that are missing, and contents that this program does not write, such as a time that is infinite.
_REFUSED = (
    errors.InsufficientPrivilege,
    errors.ReadOnlySqlTransaction,
    psycopg.DataError,
    psycopg.IntegrityError,
)
_MISSING = (errors.UndefinedTable, errors.InvalidSchemaName)
_CHANGED = (errors.UndefinedColumn, errors.DuplicateSchema)  # the schema is not as this program made it


class _AnyText(StrDumperUnknown):
    """Writes any text, such as that of a hostile server or the name of a file.

    PostgreSQL refuses NUL, which becomes U+FFFD, and lone surrogates, which become question marks.
    """

    def dump(self, obj: str) -> Buffer | None:
        storable = obj.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace")
        return super().dump(storable.decode())


def check_url(url: str) -> None:
    """Raise :exc:`FrontierError` unless a URL names a PostgreSQL database without a password."""
    _parameters(url)


def _parameters(url: str) -> dict[str, str | int | None]:
    """Return what a URL says, by libpq's names. No error repeats the URL, which may contain a password."""
    if not url.startswith(URL_SCHEMES):
        raise FrontierError("invalid frontier: use postgresql://user@host:5432/database")
    try:
        found = dict(conninfo_to_dict(url))
    except (psycopg.Error, UnicodeError):
        raise FrontierError("invalid frontier URL: use postgresql://user@host:5432/database") from None
    if any(found.get(option.keyword.decode()) for option in Conninfo.get_defaults() if _is_secret(option)):
        raise FrontierError(
            "a frontier URL must not contain a password, which `ps` and logs would show: use ~/.pgpass or"
            " the variable PGPASSWORD"
        )
    return found


def _is_secret(option: ConninfoOption) -> bool:
    """Return whether an option of libpq is a password or a key. libpq marks only the former."""
    return option.dispchar == b"*" or option.keyword.startswith(b"scram_")


def _name(parameters: dict[str, str | int | None]) -> str:
    """Return how messages name a database: ``host:port/database``."""
    defaults = {
        option.keyword.decode(): option.val.decode()
        for option in Conninfo.get_defaults()
        if option.val is not None
    }
    found = {**defaults, **parameters}
    host = found.get("host") or found.get("hostaddr") or "localhost"
    return clean(f"{host}:{found['port']}/{found.get('dbname') or found.get('user') or ''}")


class SharedDatabase:
    """A PostgreSQL database, for one thread at a time. ``name`` is ``host:port/database``.

    The first use connects.
    """

    def __init__(
        self,
        url: str,
        *,
        reconnect_seconds: float = RECONNECT_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._parameters = _parameters(url)
        self._reconnect_seconds = reconnect_seconds
        self._answer_seconds = answer_seconds
        self._connection: Connection | None = None
        self._was_connected = False
        self.name = _name(self._parameters)

    def run(self, work: Callable[[Connection], T], *, is_long: bool = False) -> T:
        """Run ``work`` in one transaction, and return its result.

        If the connection breaks, or the server ends the transaction, the work is repeated for up to
        ``RECONNECT_SECONDS``, so it must be safe to repeat even where the transaction was committed.
        Raise :exc:`FrontierUnreachable` after that, and at once if there has been no connection yet, or none
        since the last such error. Work that takes longer than ``ANSWER_SECONDS`` counts as hanging, unless it
        ``is_long``.
        """
        started, wait = clock.elapsed_seconds(), FIRST_WAIT_SECONDS
        while True:
            try:
                return self._run_once(work, None if is_long else self._answer_seconds)
            except _BROKEN as error:
                self.close()  # it may be left in the midst of a pipeline
                passed = clock.elapsed_seconds() - started
                if not self._was_connected or passed + wait > self._reconnect_seconds:
                    self._was_connected = False
                    raise FrontierUnreachable(f"frontier {self.name}: {_line(error)}") from error
            time.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    def _run_once(self, work: Callable[[Connection], T], seconds: float | None) -> T:
        try:
            connection = self._connection or self._connect()
            with _cut_after(connection, seconds), connection.transaction():
                return work(connection)
        except _REFUSED as error:
            raise FrontierError(f"frontier {self.name}: {_line(error)}") from error
        except _MISSING as error:
            raise missing_frontier(self.name) from error
        except _CHANGED as error:
            advice = "drop the schema taz_archive, and create the frontier again"
            raise FrontierError(f"frontier {self.name} is damaged: {_line(error)}: {advice}") from error

    def _connect(self) -> Connection:
        connection = self._connected()
        try:
            self._refuse_old(connection)
            connection.adapters.register_dumper(str, _AnyText)
            with _cut_after(connection, self._answer_seconds):
                connection.execute(_SESSION)
        except BaseException:
            connection.close()
            raise
        self._connection, self._was_connected = connection, True
        return connection

    def _connected(self) -> Connection:
        try:
            # The types of psycopg's own parameters differ from those of libpq's.
            return psycopg.connect(**{**_DEFAULTS, **self._parameters}, autocommit=True)  # type: ignore[arg-type]
        except psycopg.ProgrammingError as error:  # a value in the URL
            raise FrontierError(f"frontier {self.name}: {_line(error)}") from error

    def _refuse_old(self, connection: Connection) -> None:
        release = connection.info.server_version // 10_000
        if release < OLDEST_RELEASE:
            raise FrontierError(
                f"frontier {self.name}: PostgreSQL {release} is too old: {OLDEST_RELEASE} or later is needed"
            )

    def close(self) -> None:
        """Close the connection. The next use opens another."""
        if self._connection:
            self._connection.close()
        self._connection = None


@contextmanager
def _cut_after(connection: Connection, seconds: float | None) -> Iterator[None]:
    """Cut a connection that is in use for longer: timeouts of the server do not help if the server hangs."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, _cut, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: Connection) -> None:
    """End both directions of a connection. The thread that waits for an answer sees its end."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def missing_frontier(name: str) -> FrontierError:
    """Return the error of a database without our schema."""
    return FrontierError(f"{name} has no frontier: create one with `taz-archive frontier init URL`")


def _line(error: psycopg.Error) -> str:
    """Return what PostgreSQL or libpq says, on one line, without libpq's guesses, which follow on others."""
    first = str(error).partition("\n")[0].removeprefix("connection failed: ")
    advice = "; check ~/.pgpass or PGPASSWORD" if "password" in first else ""
    return (clean(first).rstrip(".") or type(error).__name__) + advice
