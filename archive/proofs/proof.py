"""A proof that a capture was in an archive with a root: written, read and checked. Pure."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from archive.errors import TazArchiveError
from archive.proofs.merkle import leaf_digest, root_from_path
from archive.proofs.periods import LEVELS, CaptureLine, PeriodLine

FORMAT = "taz-archive proof 1"
# No dataclasses here: to import them takes a fifth of the time of `check`.
MAX_PROOF_BYTES = 64 * 1024


class InvalidProof(TazArchiveError):
    """A file that is not a proof, or a proof that does not hold."""


class ProofStep(NamedTuple):
    """Where a line is in the tree of a period.

    The line is at ``place``, from 0, of ``lines``. ``path`` leads to the root, the line's sibling first.
    ``captures`` are those of the whole period.
    """

    captures: int
    lines: int
    place: int
    path: Sequence[bytes]


class Proof(NamedTuple):
    """A capture, and a step for each of :data:`LEVELS`."""

    capture: CaptureLine
    steps: Sequence[ProofStep]

    def root(self) -> PeriodLine:
        """Return the root of all captures that follows from the proof. Raise :exc:`InvalidProof`."""
        line = self.capture.line
        for length, step in zip(LEVELS, self.steps, strict=True):
            try:
                root = root_from_path(leaf_digest(line), step.place, step.lines, step.path)
            except ValueError as error:
                raise InvalidProof(f"the proof does not hold: {error}") from error
            found = PeriodLine(self.capture.captured_at[:length], step.captures, root.hex())
            line = found.line
        return found


def write_proof(proof: Proof) -> str:
    """Return a proof as JSON."""
    root = proof.root()
    return json.dumps(
        {
            "format": FORMAT,
            "root": root.root,
            "captures": root.captures,
            "capture": proof.capture._asdict(),
            "steps": [
                [step.captures, step.lines, step.place, [digest.hex() for digest in step.path]]
                for step in proof.steps
            ],
        },
        indent=1,
    )


def read_proof(text: str) -> Proof:
    """Parse what :func:`write_proof` wrote, and check that its root follows. Raise :exc:`InvalidProof`."""
    try:
        given = json.loads(text)
        known = given["format"]
        proof = _proof(given)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidProof("this is not a proof of taz-archive") from error
    if known != FORMAT:
        raise InvalidProof(f"this release cannot read the proof: its format is not “{FORMAT}”")
    root = proof.root()
    if (given.get("root"), given.get("captures")) != (root.root, root.captures):
        raise InvalidProof("the proof does not hold: another root follows from it than it gives")
    return proof


def _proof(given: Any) -> Proof:
    """Return a proof from its JSON. Raise ValueError, KeyError or TypeError for anything else."""
    capture = CaptureLine(**given["capture"])
    if not all(isinstance(part, str) for part in capture):
        raise TypeError("a part of the capture is not text")
    "".join(capture).encode()  # raises ValueError for half a surrogate, which no archive can have
    steps = [_step(*step) for step in given["steps"]]
    if len(steps) != len(LEVELS):
        raise ValueError("steps are missing")
    return Proof(capture, steps)


def _step(captures: int, lines: int, index: int, path: Sequence[str]) -> ProofStep:
    if not all(type(number) is int and 0 <= number < 2**63 for number in (captures, lines, index)):
        raise TypeError("a count is not a number")
    return ProofStep(captures, lines, index, [bytes.fromhex(digest) for digest in path])
