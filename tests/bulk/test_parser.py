"""Parsers are equal if they read pages alike and write the same bytes."""

from archive.bulk.parser import own_parser


def test_each_difference_changes_the_digest_and_is_named() -> None:
    ours = own_parser()
    others = [ours._replace(**{name: "x"}) for name in ours._fields]
    assert len({parser.digest for parser in (ours, *others)}) == 1 + len(ours)
    named = [ours.differences(parser) for parser in others]
    assert named == ["sources", *(f"{name} x instead of {ours._asdict()[name]}" for name in ours._fields[1:])]


def test_equal_parsers_do_not_differ() -> None:
    assert own_parser().differences(own_parser()) == ""
