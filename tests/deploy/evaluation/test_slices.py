from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.evaluation.slices import Slice, compare_slices, score_slices, slices_of
from schemas.data.contract import LABEL_DTYPES
from schemas.evaluation.metrics import HeadScore, Scores, score_head
from schemas.spec.product import GateSpec

GATE = GateSpec(resamples=100, slice_rows=20, slice_margin=0.02)
Row = tuple[str, str, str, dict[str, Any]]


def frame(rows: Sequence[Row], heads: Sequence[str] = ("intent", "domain")) -> pl.DataFrame:
    labels = pl.Struct({head: LABEL_DTYPES["class"] for head in heads})
    columns = {"text": [], "lang": [], "source": [], "labels": []}
    for text, lang, source, given_labels in rows:
        for name, value in zip(columns, (text, lang, source, given_labels), strict=True):
            columns[name].append(value)
    schema = {"text": pl.String, "lang": pl.String, "source": pl.String, "labels": labels}
    return pl.DataFrame(columns, schema=schema)


def scores(correct: Sequence[bool]) -> Scores:
    return Scores({"intent": head(correct)}, len(correct))


def head(correct: Sequence[bool]) -> HeadScore:
    return score_head("class", ["a"] * len(correct), ["a" if right else "b" for right in correct])


def rows_of(slices: Sequence[Slice]) -> dict[tuple[str, str], list[int]]:
    return {(each.by, each.value): each.rows.tolist() for each in slices}


def test_rows_are_cut_by_language_source_intent_family_and_length() -> None:
    first = frame([("lamp on", "en", "app", {"intent": "on", "domain": "light"}),
                   ("mach bitte das licht an", "de", "app", {"intent": "on", "domain": "light"})])  # fmt: skip
    second = frame([("tell me a joke about the weather in the big city and the sea now", "en", "web",
                     {"intent": "joke", "domain": None})])  # fmt: skip
    assert rows_of(slices_of([first, second])) == {
        ("language", "en"): [0, 2],
        ("language", "de"): [1],
        ("source", "app"): [0, 1],
        ("source", "web"): [2],
        ("intent family", "light"): [0, 1],
        ("intent family", "joke"): [2],
        ("length", "1 to 3 words"): [0],
        ("length", "4 to 7 words"): [1],
        ("length", "over 12 words"): [2],
    }


def test_what_all_rows_have_in_common_is_no_slice() -> None:
    rows = frame([("on", "en", "app", {"intent": "on"}), ("off", "en", "app", {"intent": "off"})], heads=["intent"])
    assert {by for by, _ in rows_of(slices_of([rows]))} == {"intent family"}


def test_a_product_without_intents_has_no_families() -> None:
    rows = frame([("good", "en", "a", {"mood": "up"}), ("bad", "de", "a", {"mood": "down"})], heads=["mood"])
    assert {by for by, _ in rows_of(slices_of([rows]))} == {"language"}
    assert slices_of([]) == ()


@given(st.lists(st.tuples(st.sampled_from(["en", "de", "fr"]), st.sampled_from(["a", "b"])), min_size=1, max_size=30))
def test_every_row_is_in_one_slice_of_each_kind_that_there_is(rows: list[tuple[str, str]]) -> None:
    found = slices_of([frame([("on", lang, source, {"intent": "on"}) for lang, source in rows])])
    for by in {each.by for each in found}:
        members = np.concatenate([each.rows for each in found if each.by == by])
        assert sorted(members.tolist()) == list(range(len(rows)))


def halves(rows: int) -> tuple[Slice, Slice]:
    places = np.arange(rows)
    return Slice("language", "en", places[: rows // 2]), Slice("language", "de", places[rows // 2 :])


def test_a_slice_that_lost_beyond_its_margin_and_chance_is_worse_and_comes_first() -> None:
    champion = [True] * 200
    challenger = [True] * 100 + [row >= 12 for row in range(100)]
    worse, other = compare_slices(halves(200), scores(challenger), scores(champion), GATE, ["intent"])
    assert (worse.value, worse.is_worse, other.is_worse) == ("de", True, False)
    assert (worse.comparison.lost, worse.comparison.gained, worse.comparison.rows) == (12, 0, 100)
    assert worse.comparison.p_value == pytest.approx(2 * 0.5**12)
    assert worse.p_holm == pytest.approx(2 * worse.comparison.p_value), "of two that are looked at"


def test_a_loss_within_the_margin_of_slices_is_not_worse_however_sure() -> None:
    champion, challenger = [True] * 2_000, [True] * 1_000 + [row >= 15 for row in range(1_000)]
    (first, _) = compare_slices(halves(2_000), scores(challenger), scores(champion), GATE, ["intent"])
    assert first.p_holm < 0.001 and not first.is_worse


def test_a_slice_with_too_few_rows_is_not_judged_and_costs_the_others_nothing() -> None:
    slices = (*halves(200), Slice("source", "rare", np.arange(19)))
    gone = [False] * 19 + [True] * 181
    found = compare_slices(slices, scores(gone), scores([True] * 200), GATE, ["intent"])
    assert {each.value for each in found} == {"en", "de"}


def test_rows_that_are_left_out_count_in_no_slice() -> None:
    champion, challenger = [True] * 200, [row >= 12 for row in range(200)]
    found = compare_slices(halves(200), scores(challenger), scores(champion), GATE, ["intent"], np.arange(12))
    assert [(each.comparison.rows, each.comparison.lost) for each in found] == [(88, 0), (100, 0)]


@settings(max_examples=20)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=60, max_size=80))
def test_swapping_the_two_mirrors_gains_and_losses(rows: list[tuple[bool, bool]]) -> None:
    ours, theirs = scores([a for a, _ in rows]), scores([b for _, b in rows])
    slices = halves(len(rows))
    there = compare_slices(slices, ours, theirs, GATE, ["intent"])
    back = {each.value: each for each in compare_slices(slices, theirs, ours, GATE, ["intent"])}
    for each in there:
        other = back[each.value]
        assert (each.comparison.gained, each.comparison.lost) == (other.comparison.lost, other.comparison.gained)
        assert each.p_holm == other.p_holm
        assert not (each.is_worse and other.is_worse)


def test_where_nothing_has_changed_a_worse_slice_is_as_rare_as_the_confidence_says() -> None:
    chance, trials, alarms = np.random.default_rng(5), 200, 0
    slices = tuple(Slice("source", str(number), np.arange(number * 60, number * 60 + 60)) for number in range(12))
    gate = GATE.model_copy(update={"slice_margin": 0.0})
    for _ in range(trials):
        champion = chance.random(720) < 0.8
        challenger = np.where(chance.random(720) < 0.3, chance.random(720) < 0.8, champion)
        found = compare_slices(slices, scores(challenger), scores(champion), gate, ["intent"])
        alarms += any(each.is_worse for each in found)
    # At most 5 % of the verdicts with 12 slices each, and half of all false alarms are gains: 5 of 200, deviation 2.2.
    assert alarms <= 11


def test_a_bundle_is_scored_on_each_slice_the_worst_first() -> None:
    found = score_slices(halves(100), scores([row >= 5 and row != 60 for row in range(100)]), ["intent"])
    assert [(each.value, each.rows, each.scores) for each in found] == [("en", 50, (0.9,)), ("de", 50, (0.98,))]


def test_a_slice_without_a_label_of_a_head_has_no_score_of_it() -> None:
    labelled = Scores({"intent": score_head("class", ["a", None], ["a", "a"])}, 2)
    found = score_slices((Slice("language", "de", np.array([1])),), labelled, ["intent"])
    assert found[0].scores == (None,)
