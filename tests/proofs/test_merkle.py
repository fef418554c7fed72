"""Trees are those of RFC 9162, and a path leads from a leaf to the root and from nothing else."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.proofs.merkle import audit_path, leaf_digest, root_from_path, root_of

lines = st.lists(st.text(max_size=5), min_size=1, max_size=40)


def defined_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1: the left part is the largest power of two below the number of leaves."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + defined_root(leaves[:split]) + defined_root(leaves[split:])).digest()


@given(lines)
def test_roots_are_those_of_the_rfc(texts: list[str]) -> None:
    leaves = [leaf_digest(text) for text in texts]
    assert root_of(leaves) == defined_root(leaves)


def test_the_root_of_nothing_is_the_digest_of_nothing() -> None:
    assert root_of([]) == sha256().digest()


@given(lines, st.data())
def test_a_path_leads_from_its_leaf_to_the_root_only(texts: list[str], data: st.DataObject) -> None:
    leaves = [leaf_digest(text) for text in texts]
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = audit_path(leaves, index)
    assert root_from_path(leaves[index], index, len(leaves), path) == root_of(leaves)
    assert root_from_path(leaf_digest("another line"), index, len(leaves), path) != root_of(leaves)
    for wrong in ([*path, leaves[0]], path[:-1]) if path else ([leaves[0]],):
        with pytest.raises(ValueError, match="the path is too"):
            root_from_path(leaves[index], index, len(leaves), wrong)


@pytest.mark.parametrize(("index", "size"), [(1, 1), (-1, 3), (0, 0)])
def test_a_line_outside_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="has no line"):
        root_from_path(leaf_digest(""), index, size, [])
