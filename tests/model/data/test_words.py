"""Words cut by columns, and one text at a time."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from model.data.words import cut_words, heard
from trunkline_edge.bundle.manifest import FeaturizerConfig
from trunkline_edge.understanding.decode import encode_tags
from trunkline_edge.understanding.featurizer import Featurizer
from trunkline_edge.understanding.text import split_words

texts = st.lists(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
    | st.sampled_from(
        ["", " ", "Turn ON the lamp-2", "7pm", "café 👍🏽 x", "uh, turn", "\u017fo", "a\tb", "it's 10:30"]
    )
    | st.text(max_size=12),
    max_size=6,
)


@given(texts, st.integers(1, 4))
def test_words_cut_together_are_those_that_are_cut_alone(texts: list[str], most: int) -> None:
    words = cut_words(pl.Series(texts, dtype=pl.String))
    assert words.listed() == [split_words(text) for text in texts]
    assert words.first(most).listed() == [split_words(text)[:most] for text in texts]
    assert list(words.forms) == list(dict.fromkeys(word.form for text in texts for word in split_words(text)))


@given(texts)
def test_what_is_heard_of_texts_together_is_what_is_heard_of_each(texts: list[str]) -> None:
    config = FeaturizerConfig(ngram_min=2, ngram_max=3, buckets=8, max_features=4, max_words=8, skips=("uh", "so"))
    featurizer = Featurizer(config, ())
    assert heard(pl.Series(texts, dtype=pl.String), featurizer).to_list() == [featurizer.heard(text) for text in texts]


@given(st.data())
def test_tags_of_all_texts_are_those_of_each(data: st.DataObject) -> None:
    given_texts = data.draw(texts)
    words = cut_words(pl.Series(given_texts, dtype=pl.String))
    spans = []
    for row, text in enumerate(given_texts):
        places = data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True).map(sorted))
        spans += [(row, *ends, len(spans) % 3) for ends in zip(places[::2], places[1::2], strict=False)]
    found = words.tags(*np.asarray(spans, dtype=np.int64).reshape(-1, 4).T)
    expected = [
        encode_tags(split_words(text), [span[1:] for span in spans if span[0] == row])
        for row, text in enumerate(given_texts)
    ]
    assert found.tolist() == [tag for tags in expected for tag in tags]
