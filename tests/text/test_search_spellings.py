"""Other spellings of words, so that search finds them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from archive.text.search_spellings import search_spellings


def test_words_are_found_with_and_without_umlauts_and_sharp_s() -> None:
    assert search_spellings("Die Straße, größer.") == "groesser grösser strasse"
    assert search_spellings("Haeuser in Muenchen") == "häuser münchen"
    assert search_spellings("neue Quellen, Bauer, Häuser, Haeuser") == ""


def test_a_spelling_that_is_in_the_text_is_left_out() -> None:
    assert search_spellings("Straße Strasse") == ""


@given(st.lists(st.text("aeouäöüßsSÄ_1é,.-:„“ \n\u00ad", max_size=60)).map("".join))
def test_the_spellings_of_a_text_are_those_of_its_words(text: str) -> None:
    words = set(re.findall(r"\w+", text.lower()))
    spellings = {spelling for word in words for spelling in search_spellings(word).split()}
    assert set(search_spellings(text).split()) == spellings - words
