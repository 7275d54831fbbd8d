from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.edge.tests.tiny_bundle import FEATURIZER, VOCABULARY
from trunkline_edge.bundle.manifest import FeaturizerConfig
from trunkline_edge.errors import BundleInvalid
from trunkline_edge.understanding.featurizer import FIRST_WORD_ID, PAD_ID, UNKNOWN_ID, Featurizer
from trunkline_edge.understanding.text import split_words

CONFIG = FeaturizerConfig(buckets=1000, ngram_min=3, ngram_max=4, max_features=5, max_words=4)


@pytest.fixture
def featurizer() -> Featurizer:
    return Featurizer(CONFIG, ["turn", "on", "lamp"])


def test_ids_are_those_of_all_bundles_ever_built(featurizer: Featurizer) -> None:
    # If this fails, bundles in the field read text otherwise than they were trained on: raise TEXT_VERSION instead.
    assert featurizer.read("turn on Lämp 42").ids.tolist() == [
        [2, 76, 682, 287, 635],
        [3, 422, 842, 319, 0],
        [1, 378, 187, 915, 761],
        [1, 777, 174, 353, 328],
    ]


@settings(max_examples=200)
@given(st.text(max_size=30))
def test_equal_text_has_equal_ids_in_any_reader_of_the_same_words(text: str) -> None:
    first = Featurizer(CONFIG, ["turn", "on", "lamp"])
    second = Featurizer(CONFIG, iter(["turn", "on", "lamp"]))
    encoding = first.read(text)
    np.testing.assert_array_equal(encoding.ids, second.read(text).ids)
    np.testing.assert_array_equal(encoding.ids, first.read(text).ids)  # now from the cache
    assert encoding.ids.dtype == np.int64
    assert encoding.ids.shape == (len(encoding.words), CONFIG.max_features)
    assert encoding.ids.min(initial=0) >= 0
    assert encoding.ids.max(initial=0) < first.size


def test_a_misspelt_word_is_read_as_the_one_that_was_meant() -> None:
    mending = Featurizer(replace(CONFIG, mends=2), ["turn", "lamp", "rosy"])
    assert mending.features("lmap") == mending.features("lamp")
    assert mending.features("rosi") != mending.features("rosy")  # not among the two that may be meant
    assert mending.features("rosy") != mending.features("lamp")
    assert list(mending.read("trun lmap").words) == split_words("trun lmap")  # as they are said


@given(st.lists(st.sampled_from(["turn", "um", "UH,", "on", "uh", "umbrella", "uh-oh"]), max_size=6))
def test_hesitations_are_not_read_and_move_nothing(said: list[str]) -> None:
    skipping = Featurizer(replace(CONFIG, skips=("uh", "um"), max_words=20), ["turn", "on", "lamp"])
    text = " ".join(said)
    assert len(skipping.heard(text)) == len(text)
    meant = " ".join(word for word in said if word not in ("um", "uh", "UH,"))
    assert [word.form for word in skipping.words(text)] == [word.form for word in split_words(meant)]
    assert all(text[word.start : word.end] == word.form for word in skipping.words(text))


def test_case_and_composition_do_not_change_the_ids(featurizer: Featurizer) -> None:
    composed, decomposed = featurizer.read("LÄMP").ids, featurizer.read("la\u0308mp").ids
    np.testing.assert_array_equal(composed, decomposed)


@pytest.mark.parametrize(("words", "is_cut"), [(3, False), (4, False), (5, True)])
def test_words_past_the_longest_input_are_left_out_and_reported(
    featurizer: Featurizer, words: int, is_cut: bool
) -> None:
    encoding = featurizer.read(" ".join(["on"] * words))
    assert (len(encoding.words), encoding.is_cut) == (min(words, 4), is_cut)
    assert encoding.ids.shape == (min(words, 4), CONFIG.max_features)


def test_text_without_words_has_no_rows(featurizer: Featurizer) -> None:
    assert featurizer.read(" \t").ids.shape == (0, CONFIG.max_features)


def test_an_unknown_word_keeps_its_ngrams(featurizer: Featurizer) -> None:
    known, unknown = featurizer.read("lamp lamps").ids
    assert known[0] == FIRST_WORD_ID + 2
    assert unknown[0] == UNKNOWN_ID
    shared = set(known[1:].tolist()) & set(unknown[1:].tolist())
    assert len(shared) >= 2, "<la, lam and amp are in both"


def test_a_short_word_fills_up_with_padding(featurizer: Featurizer) -> None:
    ids = featurizer.read("a").ids[0]
    assert ids[0] == UNKNOWN_ID
    assert ids[1] >= FIRST_WORD_ID + 3
    assert ids[2:].tolist() == [PAD_ID] * 3


def test_numbers_of_equal_length_share_a_feature(featurizer: Featurizer) -> None:
    two, other, three = featurizer.read("19 73 199").ids
    assert two[1] == other[1] != three[1]


def test_a_vocabulary_survives_being_written_as_lines() -> None:
    featurizer = Featurizer(FEATURIZER, VOCABULARY)
    again = Featurizer(FEATURIZER, "\n".join(featurizer.vocabulary).split("\n"))
    assert again.vocabulary == featurizer.vocabulary
    assert [again.word_id(word) for word in VOCABULARY] == list(range(FIRST_WORD_ID, FIRST_WORD_ID + len(VOCABULARY)))
    assert again.size == featurizer.size == FIRST_WORD_ID + len(VOCABULARY) + FEATURIZER.buckets


def test_the_settings_survive_json() -> None:
    assert FeaturizerConfig.from_json(CONFIG.to_json()) == CONFIG


@pytest.mark.parametrize("changes", [{"kind": "bytes"}, {"text_version": CONFIG.text_version + 1}], ids=str)
def test_a_reader_that_this_runtime_lacks_is_refused_with_the_cure(changes: dict[str, object]) -> None:
    with pytest.raises(BundleInvalid, match="update trunkline-edge or rebuild the bundle"):
        FeaturizerConfig.from_json(CONFIG.to_json() | changes)


@pytest.mark.parametrize("value", [{}, {"buckets": 3}, replace(CONFIG).to_json() | {"extra": 1}], ids=str)
def test_missing_or_extra_settings_are_refused(value: dict[str, object]) -> None:
    with pytest.raises(BundleInvalid, match="featurizer"):
        FeaturizerConfig.from_json(value)
