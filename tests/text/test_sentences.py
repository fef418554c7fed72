"""Where German sentences end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.text.sentences import sentence_ends


def split(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[start:end]) for start, end in pairwise([0, *sentence_ends(words)])]


@pytest.mark.parametrize(
    "text",
    [
        "Am 10. April kam Dr. Müller nach Berlin. | Es war kalt.",
        "Das gilt z. B. für den Di., den 3. Mai 2025, u. a. wegen der Bürger:innen. | So ist es.",
        "Alle Leser*innen kamen! | Wirklich?! | Die Autor_innen auch.",
        "„Das geht nicht!“, sagte sie. | „Wir kommen.“ | Er ging.",
        "„Warum?“ fragte er. | »Nein!«, rief sie. | »Doch.« | Sie lachte.",
        "Er fragte: „Warum? | Das ist falsch.“ | (Das stimmt nicht.) | Nr. 7 lebt.",
        "Im 19. Jahrhundert war Heinrich IV. König. | Die 1. Mannschaft des FC St. Pauli gewann 3:2.",
        "Das kostet ca. 3,5 Mio. Euro. | Er hat 5 Mio. | Das ist viel. | 3.500 sind es heute.",
        "Prof. Dr. h. c. Klaus J. Bade sprach. | Die Müller GmbH u. Co. KG. | Der e. V. ruht.",
        "Ich bin 30. | Mein Bruder starb 1999. | Menschen weinten am 5.6.2025. | Katzen auch.",
        "Der Artikel 5 Abs. 1 S. 2 GG gilt. | Äpfel, Birnen usw. | Danach kam er.",
        "Er schwieg … und ging … Nach Hause. | Und dann? | Sie blieb…“ | Er nicht.",
        "Die taz.de-Seite ging. | Über ihr stand: § 219 a. | Für alle.",
        "Zum 25. Mal kam er um 10. | Ueber Nacht blieb er.",
    ],
)
def test_sentences_end_where_readers_end_them(text: str) -> None:
    assert split(text.replace(" |", "")) == text.split(" | ")


@given(st.text(alphabet="aAzZÄß.!?…„“”»«'\"()[]1 9IVX:–\ufdd0😀", max_size=200))
def test_no_word_is_lost(text: str) -> None:
    assert [word for sentence in split(text) for word in sentence.split(" ")] == text.split()


@pytest.mark.parametrize(
    ("text", "count"),
    [("a" * 1_000_000, 1), ("wort " * 200_000, 1), ("Wort. " * 100_000, 100_000), ("." * 1_000_000 + "“", 1)],
)
def test_hostile_texts_have_sentences_too(text: str, count: int) -> None:
    assert len(sentence_ends(text.split())) == count
