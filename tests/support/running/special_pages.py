"""Pages that kill the process which parses them, or make it wait, as a plugin with a form of its own.

Worker processes load the plugin as they load any other, so that what they parse with is real.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from archive.model import Capture
from tests.support import ROOT
from tests.support.running.plugins import install_source

RENDITION = "special"
_SOURCE = """
import os, signal, time
from pathlib import Path
from archive.hookspecs import hookimpl
from archive.renditions.forms import gopher
from archive.renditions.rendition import Rendition

def decode(body, host):
    line, _, page = body.partition(b"\\n")
    what, _, where = line.decode().partition(" ")
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    (Path(where) / str(os.getpid())).touch()
    while not (Path(where) / "open").exists():
        time.sleep(0.02)
    return gopher.decode(page, host)

@hookimpl
def register_renditions():
    return [Rendition(name="special", decode=decode)]
"""


def deadly(capture: Capture) -> Capture:
    """Return a capture that kills the process which parses it."""
    return _special(capture, b"kill")


def gated(capture: Capture, gate: Path) -> Capture:
    """Return a capture that is parsed when the folder ``gate`` has a file ``open``.

    Until then, each process that parses it makes a file there, named by its id.
    """
    return _special(capture, b"wait %b" % os.fsencode(gate))


def _special(capture: Capture, line: bytes) -> Capture:
    assert capture.body is not None
    return replace(capture, body=b"%b\n%b" % (line, capture.body), rendition=RENDITION)


def environment_with_special_pages(folder: Path) -> Mapping[str, str]:
    """Install the plugin into a folder. Return the environment of programs that can parse these pages."""
    site = install_source(folder, _SOURCE, "special_pages")
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site}"}
