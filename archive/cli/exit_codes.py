"""Exit codes of all commands, and their meanings for ``docs/cli.md``."""

from archive.errors import (
    ArchiveBusy,
    ClusterUnreachable,
    DamagedArchive,
    FrontierUnreachable,
    PostRefused,
    ServiceUnreachable,
    SourceError,
    TazArchiveError,
    WitnessError,
)

DONE, FAILED, USAGE, SOME_FAILED, UNREACHABLE, DAMAGED, BUSY = 0, 1, 2, 3, 4, 5, 75

EXIT_MEANINGS = {
    DONE: "done",
    FAILED: "failed; the message says why",
    USAGE: "wrong usage: an unknown option, a missing argument, an invalid time",
    SOME_FAILED: "done, but some pages failed or could not be parsed, or a source's layout changed; `status`"
    " lists them. For `status --check`: the archive is unhealthy. For `changes --post`: posts were refused."
    " For `witness`: a witness failed",
    UNREACHABLE: "nothing reachable: no page could be fetched, or the shared frontier, a scheduler or a"
    " service to post to did not answer",
    DAMAGED: "the archive, or one that was to be merged, is damaged; `verify` lists the faults",
    BUSY: "another run holds the archive's lock; try again later",
}
_CODES = {
    ArchiveBusy: BUSY,
    DamagedArchive: DAMAGED,
    SourceError: UNREACHABLE,
    FrontierUnreachable: UNREACHABLE,
    ClusterUnreachable: UNREACHABLE,
    ServiceUnreachable: UNREACHABLE,
    PostRefused: SOME_FAILED,
    WitnessError: SOME_FAILED,
}


def ending(code: int) -> str:
    """Return what a log says of the end of a run."""
    return f"ends with {code}: {EXIT_MEANINGS[code]}"


def code_for(error: TazArchiveError) -> int:
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), FAILED)
