"""Exit codes: one table, for the program and for the docs."""

from archive.errors import ArchiveBusy, DamagedArchive, SourceError, TazArchiveError

DONE, FAILED, USAGE, SOME_FAILED, UNREACHABLE, DAMAGED, BUSY = 0, 1, 2, 3, 4, 5, 75

MEANINGS = {
    DONE: "done",
    FAILED: "failed; the message says why",
    USAGE: "wrong usage: an unknown option, a missing argument, a time that is none",
    SOME_FAILED: "done, but some pages failed or could not be read, or a source's pages no longer look as"
    " they did; `status` lists them. Of `status --check`: something is to be acted on",
    UNREACHABLE: "nothing reachable: not one page could be fetched",
    DAMAGED: "the archive is damaged, or one that was to be merged; `verify` tells what is wrong with it",
    BUSY: "another run holds the archive's lock; try again later",
}
_CODES = {ArchiveBusy: BUSY, DamagedArchive: DAMAGED, SourceError: UNREACHABLE}


def code_for(error: TazArchiveError) -> int:
    """The exit code that tells a script what went wrong."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), FAILED)
