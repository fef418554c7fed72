"""Commands that messages suggest, as they can be pasted into a shell."""

import shlex


def command(name: str, *words: object) -> str:
    """Return a command of this program, each word quoted where a shell needs it."""
    return shlex.join(["taz-archive", name, *map(str, words)])
