"""Changes in one line, as ``changes`` and ``log`` print them."""

from dataclasses import replace

from archive.cli.output.diffs import brief
from archive.model import Paragraph
from archive.text.word_diff import compare_articles
from tests.support.samples.captures import BASE


def test_a_long_change_is_truncated_after_a_word_and_its_bracket_closed() -> None:
    text = " ".join(f"Nachtrag{number}" for number in range(200))
    [change] = compare_articles(BASE, replace(BASE, blocks=(*BASE.blocks, Paragraph(text))))
    shown = brief(change).plain
    assert len(shown) < 260
    assert shown.endswith("+} …")
    assert shown.count("{+") == shown.count("+}") == 1
    assert all(word in text.split() for word in shown.partition("{+")[2].partition("+}")[0].split())
