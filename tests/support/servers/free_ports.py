"""Ports for servers that tests start."""

import socket
from random import Random

LOOPBACK = "127.0.0.1"
# Below those that systems give to connections, since one of these could get it before the server does.
PORTS = range(20_000, 30_000)


def free_port() -> int:
    """Return a port of this machine on which no server listens."""
    for port in Random().sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise AssertionError("all ports are taken")
