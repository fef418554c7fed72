"""Work that kills its process. Workers import only this module, which is quicker than one of tests."""

import os
import signal

from archive.model import Capture
from archive.store import PreparedCapture
from archive.store.ingest import preparing

DEADLY_BODY = b"Kill me"


def prepare_or_die(page: Capture | None) -> PreparedCapture | None:
    """Prepare a capture in a worker, unless it is deadly."""
    if page and page.body == DEADLY_BODY:
        os.kill(os.getpid(), signal.SIGKILL)
    return preparing._prepare(page)
