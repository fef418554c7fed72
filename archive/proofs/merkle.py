"""Merkle trees of lines, as RFC 9162 defines them: roots, and proofs that a line is in a tree. Pure."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256().digest()


def leaf_digest(line: str) -> bytes:
    """Return the digest of a line as a leaf (RFC 9162, 2.1.1)."""
    return sha256(b"\0" + line.encode("utf-8", "surrogatepass")).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root of a tree with these digests as leaves, in their order."""
    level = list(leaves)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        level = _level_above(level)
    return level[0]


def audit_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the digests that lead from a leaf to the root, the leaf's sibling first (RFC 9162, 2.1.3.1)."""
    path, level = [], list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level, index = _level_above(level), index >> 1
    return path


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root of the tree of ``size`` leaves in which the path leads from a leaf at ``index``.

    Raise :exc:`ValueError` for a path that fits no such tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} lines has no line {index}")
    rest, found = iter(path), leaf
    while size > 1:
        if index ^ 1 < size:
            found = _joined(found, index, _next(rest))
        index, size = index >> 1, (size + 1) >> 1
    if next(rest, None) is not None:
        raise ValueError("the path is too long")
    return found


def _joined(found: bytes, index: int, sibling: bytes) -> bytes:
    return _node(sibling, found) if index & 1 else _node(found, sibling)


def _next(rest: Iterator[bytes]) -> bytes:
    sibling = next(rest, None)
    if sibling is None:
        raise ValueError("the path is too short")
    return sibling


def _level_above(level: list[bytes]) -> list[bytes]:
    """Return the nodes above those of a level; a last one without a sibling moves up as it is."""
    above = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return [*above, level[-1]] if len(level) % 2 else above


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()
