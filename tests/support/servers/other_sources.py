"""Sources for tests only, and ``taz-archive`` with them.

Run it as ``import other_sources; other_sources.main()`` in a process of its own.

``mirror`` is a second gopher server, ``plain`` a web gateway that shows the paper's lines as they are,
``cutter`` one that shows them as table rows and cuts long ones.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from archive.cli import main as cli
from archive.dump.writer import write_dump, write_menu
from archive.errors import SourceError
from archive.hookspecs import hookimpl
from archive.model import Article, PageKey
from archive.pagekey import key_in, selector
from archive.plugins import plugin_manager
from archive.sources import SourceKind
from benchmarks.threads import in_thread
from crawler.demo.newspaper.pages.newspaper import Newspaper
from crawler.sources import registry

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Mirror(registry.Gopher):
    name = "mirror"


@dataclass(frozen=True, slots=True)
class Web:
    """A gateway at the root of a test server."""

    transliterates = False

    name: str
    rendition: str
    truncates: bool
    base: str

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or ""

    def url(self, key: PageKey) -> str:
        return f"{self.base}{selector(key) or '/'}"


def mirror_seed(url: str) -> tuple[Mirror, PageKey]:
    source, key = registry.gopher_seed(url)
    return Mirror(source.scheme, source.host, source.port), key


def web_seed(name: str, rendition: str, *, truncates: bool) -> Callable[[str], tuple[Web, PageKey]]:
    def seed(url: str) -> tuple[Web, PageKey]:
        parts = urlsplit(url)
        key = key_in(parts.path)
        if parts.scheme != "http" or key is None:
            raise SourceError(f"{url}: expected a URL of {name}")
        return Web(name, rendition, truncates, f"http://{parts.netloc}"), key

    return seed


HOME = "gopher://mirror.example/"
EXTRA = (
    SourceKind(name="mirror", home=HOME, read_seed=mirror_seed),
    SourceKind(name="plain", home=HOME, read_seed=web_seed("plain", "text", truncates=False)),
    SourceKind(name="cutter", home=HOME, read_seed=web_seed("cutter", "table", truncates=True)),
)


class OtherSources:
    """A plugin that registers the test sources."""

    @hookimpl
    def register_sources(self) -> Iterable[SourceKind]:
        return EXTRA


def register() -> None:
    """Add the test sources to the choices of --via."""
    plugin_manager().register(OtherSources(), name=__name__)
    registry.source_kinds.cache_clear()


def main() -> None:
    register()
    cli.main()


# -- What the web gateways show -----------------------------------------------------------------------


def plain(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def cut_rows(lines: Sequence[str]) -> bytes:
    """Truncate rows over 80 bytes to 79 and drop blank ones, as meulie does."""
    return b"".join(b"| %s | |\n" % cut(line.encode()) for line in lines if line)


def cut(line: bytes) -> bytes:
    return line if len(line) <= 80 else line[:79].decode(errors="replace").encode() + "…".encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of an HTTP server."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class WebServer(ThreadingHTTPServer):
    """Serve ``answers`` by path, an empty robots.txt, else ``otherwise``. ``asked`` lists the paths."""

    daemon_threads = True

    def __init__(self, answers: Mapping[str, Answer], otherwise: Answer) -> None:
        super().__init__((LOOPBACK, 0), Handler)
        self.answers = {"/robots.txt": Answer(b"", 404), **answers}
        self.otherwise = otherwise
        self.asked: list[str] = []
        self.agents: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}/"

    @property
    def pages(self) -> list[str]:
        return [path for path in self.asked if path != "/robots.txt"]


class Handler(BaseHTTPRequestHandler):
    server: WebServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.agents.add(self.headers["User-Agent"])
        answer = self.server.answers.get(self.path, self.server.otherwise)
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has
        """Print nothing."""


@contextmanager
def web(answers: Mapping[str, Answer] | None = None, otherwise: Answer | None = None) -> Iterator[WebServer]:
    with in_thread(WebServer(answers or {}, otherwise or Answer(b"Nichts da.", 404))) as server:
        yield server


def shown(
    newspaper: Newspaper, show: Callable[[Sequence[str]], bytes], keys: Sequence[PageKey] | None = None
) -> dict[str, Answer]:
    """Serve the newspaper as of its start through a gateway."""
    answers = {}
    for key in newspaper.keys(newspaper.start) if keys is None else keys:
        page = newspaper.page(key, newspaper.start)
        assert page
        lines = write_dump(page) if isinstance(page, Article) else write_menu(page)
        answers[selector(key) or "/"] = Answer(show([line.text for line in lines]))
    return answers
