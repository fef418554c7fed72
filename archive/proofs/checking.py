"""Check a proof file with nothing but the standard library."""

import sys
from collections.abc import Sequence
from pathlib import Path

from archive.errors import TazArchiveError
from archive.proofs.proof import MAX_PROOF_BYTES, InvalidProof, Proof, read_proof

ROOT_OPTION = "--root"


def checked(file: Path, root: str | None) -> str:
    """Return what a proof proves, in lines. Raise :exc:`InvalidProof`, with the file's name.

    ``root`` is a published root in hexadecimal digits, to which the proof must lead.
    """
    proof = read_proof_file(file)
    found = proof.root()
    if root is not None and root.strip().lower() != found.root:
        raise InvalidProof(f"{file}: the proof leads to the root {found.root}, not to the one given")
    capture = proof.capture
    lines = {
        "captured": capture.captured_at,
        "url": capture.url,
        "source": capture.source,
        "bytes": f"SHA-256 {capture.digest}" if capture.digest else "none",
        "root": f"{found.root}, of {found.captures:,} captures",
    }
    shown = "".join(f"{name:<9}{_printable(value)}\n" for name, value in lines.items())
    last = "holds" if root else "holds; compare the root with the one that was published"
    return f"{shown}{last}\n"


def read_proof_file(file: Path) -> Proof:
    """Return the proof in a file, which holds. Raise :exc:`InvalidProof`, with the file's name."""
    try:
        return read_proof(_text(file))
    except InvalidProof as error:
        raise InvalidProof(f"{file}: {error}") from error


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            found = opened.read(MAX_PROOF_BYTES + 1)
        return "" if len(found) > MAX_PROOF_BYTES else found.decode()  # neither is a proof
    except OSError as error:
        raise InvalidProof(error.strerror) from error
    except UnicodeDecodeError:
        return ""


def _printable(text: str) -> str:
    """Return text without characters that a terminal would obey."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def end_with_check(words: Sequence[str]) -> bool:
    """Check a proof and exit, given a plain ``check`` on the command line; return False for anything else."""
    rest = list(words[2:])
    if words[:1] != ["check"] or words[1:2] == [] or words[1].startswith("-"):
        return False
    if rest and (len(rest) != 2 or rest[0] != ROOT_OPTION):  # noqa: PLR2004 - the option and its value
        return False
    try:
        sys.stdout.write(checked(Path(words[1]), rest[1] if rest else None))
    except TazArchiveError as error:
        sys.exit(_printable(f"taz-archive: {error}"))
    return True
