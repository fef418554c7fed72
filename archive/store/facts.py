"""What the tables hold that all else follows from; the others are in :mod:`archive.store.columns`."""

from archive.store.kinds import Origin, Table

FACTS = {
    "captures": Table(
        Origin.FACT,
        "One row per fetch of a page, or file imported, whatever came of it. Never changed but for"
        " `article_id`"
        " and `version_id`, which are derived, and what a later parser says of the same bytes (`reparse`).",
        {
            "id": "In the order they were recorded, which is not the same in another archive.",
            "article_id": "NULL: a menu, or a page of which nothing could be read so far.",
            "version_id": "The wording it shows. NULL: it could not be read, is no article, or"
            " shows a wording"
            " between the 9,998th and the latest one, which is no version.",
            "crawl_id": "The run that fetched it. NULL: imported.",
            "page_id": "The page of the frontier it is a fetch of. NULL: a file that did not tell.",
            "source": "Where it came from: `gopher`, `gemini`, `import`, or a gateway's name.",
            "rendition": "Form of the bytes: `gopher`, `gemini`, `text`, `table`. NULL: the bytes tell.",
            "url": "What was asked for, or the path of the file.",
            "captured_at": "At the last byte, UTC; of a file the time given, or that of its last change.",
            "payload_id": "The bytes that came. NULL: none did.",
            "outcome": "`ok`: read. `unreadable`: bytes came, not the page they should be. `absent`: the"
            " server says there is none. `failed`: no whole answer. `forbidden`: robots.txt says no, so"
            " nobody asked.",
            "problem": "In one line, what was expected and what was found. NULL: none.",
        },
    ),
    "payloads": Table(
        Origin.FACT,
        "The bytes of pages, each once, however often they came.",
        {
            "id": "In the order they were stored.",
            "digest": "sha256 of the bytes as received, written as WARC does.",
            "size": "Bytes as received, before compression.",
            "encoding": "How `body` is packed: `zstd`, alone; `zstd+dictionary`; `zstd+base`, as a patch.",
            "base_id": "The payload this one is a patch against, stored before it. NULL: it is no patch.",
            "dictionary_id": "The dictionary it takes to unpack it. NULL: none.",
            "level": "zstd's: 3 in haste, as crawls pack; 19 at leisure, 9 for what is huge.",
            "body": "The packed bytes. In Datasette and sqlite-utils `payload_text(id)` and"
            " `payload_bytes(id)` unpack them.",
        },
    ),
    "dictionaries": Table(
        Origin.FACT,
        "What pages of this archive have in common, so that each is packed without it. No fact itself, but"
        " payloads cannot be unpacked without theirs.",
        {
            "id": "In the order they were trained; new payloads are packed with the last.",
            "digest": "sha256 of `body`.",
            "trained_at": "When, UTC.",
            "note": "What it is, and what it was trained on.",
            "evaluated_at_payload": "The last payload there was when a better one was last looked for.",
            "body": "The dictionary, as `zstd -D` takes it.",
        },
    ),
    "dictionary_copies": Table(
        Origin.FACT,
        "The same dictionaries once more, in other pages of the file: thousands of pages hang on each.",
        {
            "id": "That of the dictionary.",
            "digest": "sha256 of `body`.",
            "body": "The dictionary once more.",
        },
    ),
}
