"""Commands in messages, quoted so that they can be pasted into a shell."""

import shlex


def command(name: str, *words: object) -> str:
    """Return a command of this program, with words quoted where a shell needs it."""
    return shlex.join(["taz-archive", name, *map(str, words)])
