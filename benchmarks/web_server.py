"""Serve the payloads of an archive over HTTP/1.1 with keep-alive: ``/ID`` is a page."""

import asyncio
import sys
from contextlib import closing
from pathlib import Path

from archive.store.db.connection import open_to_read
from archive.store.payloads import payloads


def main() -> None:
    with closing(open_to_read(Path(sys.argv[1]))) as db:
        ids = [row[0] for row in db.execute("SELECT id FROM payloads ORDER BY id")]
        bodies = {f"/{payload}": payloads.load(db, payload) for payload in ids}
    asyncio.run(_serve(bodies))


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:  # the client has closed
        return b""


async def _serve(bodies: dict[str, bytes]) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _request(reader):
            body = bodies.get(head.split(b" ", 2)[1].decode(), b"")
            status = "200 OK" if body else "404 Not Found"
            header = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(header.encode() + body)
            await writer.drain()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


main()
