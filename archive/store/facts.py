"""Descriptions of the tables of facts. The other tables are in :mod:`archive.store.columns`."""

from archive.store.kinds import Origin, Table

FACTS = {
    "captures": Table(
        Origin.FACT,
        "One row per fetched page or imported file, failed ones included. Rows never change, except for"
        " `article_id` and `version_id`, which are derived, and what `reparse` updates.",
        {
            "id": "Numbered in order of recording; differs between archives.",
            "article_id": "The article. NULL: a menu, or a page that could not be parsed.",
            "version_id": "The version. NULL: not an article, could not be parsed, or a wording after the"
            " 9,998th that is not the latest.",
            "crawl_id": "The run that fetched the page. NULL: imported.",
            "page_id": "The page in the frontier. NULL: a file that does not name its page.",
            "source": "Source: `gopher`, `gemini`, `import` or the name of a gateway.",
            "rendition": "Format of the bytes: `gopher`, `gemini`, `text`, `table`. NULL: detected from"
            " the bytes.",
            "url": "Requested URL, or path of the imported file.",
            "captured_at": "When the last byte arrived, UTC. Of a file: the given time, or its"
            " modification time.",
            "payload_id": "The bytes received. NULL: none.",
            "outcome": "`ok`: parsed. `unreadable`: not the expected page. `absent`: the server answered"
            " that the page does not exist. `failed`: no complete answer. `forbidden`: not requested,"
            " because robots.txt forbids it.",
            "problem": "What was expected and what was found, in one line. NULL: no problem.",
        },
    ),
    "payloads": Table(
        Origin.FACT,
        "Bytes of pages, compressed; equal bytes are stored once.",
        {
            "id": "Numbered in order of storage.",
            "digest": "SHA-256 of the bytes as received, 32 bytes. `lower(hex(digest))` writes it in"
            " hexadecimal digits, as in exports.",
            "size": "Size in bytes as received, before compression.",
            "encoding": "Compression of `body`: `zstd`, `zstd+dictionary`, or `zstd+base` (a delta).",
            "base_id": "The earlier payload that `body` is a delta against. NULL: not a delta.",
            "dictionary_id": "The dictionary needed to decompress `body`. NULL: none.",
            "level": "zstd compression level: 3 during crawls; 19 after `compact`, or 9 for very large"
            " pages (from 1 MiB).",
            "body": "The compressed bytes. In Datasette and sqlite-utils, `payload_text(id)` and"
            " `payload_bytes(id)` decompress them.",
        },
    ),
    "dictionaries": Table(
        Origin.FACT,
        "zstd dictionaries, trained on pages of this archive. Not facts themselves, but required to"
        " decompress payloads.",
        {
            "id": "Numbered in order of training. New payloads use the last one.",
            "digest": "SHA-256 of `body`, 32 bytes.",
            "trained_at": "When the dictionary was trained, UTC.",
            "note": "What the dictionary was trained on.",
            "evaluated_at_payload": "The last payload at the time of the last search for a better"
            " dictionary.",
            "body": "The dictionary, as `zstd -D` takes it.",
        },
    ),
    "dictionary_copies": Table(
        Origin.FACT,
        "Backup copies of the dictionaries, in other pages of the file.",
        {
            "id": "Id of the dictionary.",
            "digest": "SHA-256 of `body`, 32 bytes.",
            "body": "The dictionary, as in `dictionaries`.",
        },
    ),
}
