"""Columns of the tables of facts: what was fetched, as received."""

from typing import Annotated, NamedTuple

from archive.store.data_dictionary.column import (
    ArticleId,
    Bytes,
    CrawlId,
    DictionaryId,
    Digest,
    PageId,
    PayloadId,
    Stamp,
    VersionId,
)


class CaptureRow(NamedTuple):
    """One row per fetched page or imported file, failed ones included.

    Rows never change, except for `article_id` and `version_id`, which are derived, and what `reparse`
    updates.
    """

    id: Annotated[int, "Numbered in order of recording; differs between archives."]
    article_id: Annotated[ArticleId | None, "The article. NULL: a menu, or a page that could not be parsed."]
    version_id: Annotated[
        VersionId | None,
        "The version. NULL: not an article, could not be parsed, or a wording after the 9,998th that is not"
        " the latest.",
    ]
    crawl_id: Annotated[CrawlId | None, "The run that fetched the page. NULL: imported."]
    page_id: Annotated[PageId | None, "The page in the frontier. NULL: a file that does not name its page."]
    source: Annotated[str, "Source: `gopher`, `gemini`, `import` or the name of a gateway."]
    rendition: Annotated[
        str | None,
        "Format of the bytes: `gopher`, `gemini`, `text`, `table`. NULL: detected from the bytes.",
    ]
    url: Annotated[str, "Requested URL, or path of the imported file."]
    captured_at: Annotated[
        Stamp,
        "When the last byte arrived, UTC. Of a file: the given time, or its modification time.",
    ]
    payload_id: Annotated[PayloadId | None, "The bytes received. NULL: none."]
    outcome: Annotated[
        str,
        "`ok`: parsed. `unreadable`: not the expected page. `absent`: the server answered that the page does"
        " not exist. `failed`: no complete answer. `forbidden`: not requested, because robots.txt forbids"
        " it.",
    ]
    problem: Annotated[str | None, "What was expected and what was found, in one line. NULL: no problem."]


class PayloadRow(NamedTuple):
    """Bytes of pages, compressed; equal bytes are stored once."""

    id: Annotated[int, "Numbered in order of storage."]
    digest: Annotated[
        Digest,
        "SHA-256 of the bytes as received, 32 bytes. `lower(hex(digest))` writes it in hexadecimal digits, as"
        " in exports.",
    ]
    size: Annotated[Bytes, "Size in bytes as received, before compression."]
    encoding: Annotated[str, "Compression of `body`: `zstd`, `zstd+dictionary`, or `zstd+base` (a delta)."]
    base_id: Annotated[
        PayloadId | None,
        "The earlier payload that `body` is a delta against. NULL: not a delta.",
    ]
    dictionary_id: Annotated[DictionaryId | None, "The dictionary needed to decompress `body`. NULL: none."]
    level: Annotated[
        int,
        "zstd compression level: 3 during crawls; 19 after `compact`, or 9 for very large pages (from 1"
        " MiB).",
    ]
    body: Annotated[
        bytes,
        "The compressed bytes. In Datasette and sqlite-utils, `payload_text(id)` and `payload_bytes(id)`"
        " decompress them.",
    ]


class DictionaryRow(NamedTuple):
    """zstd dictionaries, trained on pages of this archive.

    They are not facts themselves, but required to decompress payloads.
    """

    id: Annotated[int, "Numbered in order of training. New payloads use the last one."]
    digest: Annotated[Digest, "SHA-256 of `body`, 32 bytes."]
    trained_at: Annotated[Stamp, "When the dictionary was trained, UTC."]
    note: Annotated[str, "What the dictionary was trained on."]
    evaluated_at_payload: Annotated[
        int,
        "The last payload at the time of the last search for a better dictionary.",
    ]
    body: Annotated[bytes, "The dictionary, as `zstd -D` takes it."]


class DictionaryCopyRow(NamedTuple):
    """Backup copies of the dictionaries, in other pages of the file."""

    id: Annotated[int, "Id of the dictionary."]
    digest: Annotated[bytes, "SHA-256 of `body`, 32 bytes."]
    body: Annotated[bytes, "The dictionary, as in `dictionaries`."]
