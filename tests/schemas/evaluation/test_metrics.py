from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.evaluation.metrics import PRIMARY, HeadScore, Scores, primary_of, score_head

LABELS = st.sampled_from("abc")
SPANS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(4, 6), LABELS).map(lambda span: (span[0], span[1], span[2])),
    max_size=3,
    unique=True,
)
SETS = st.lists(LABELS, max_size=3, unique=True)


def pairs(answers: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[Any, Any]]]:
    """Rows of (gold or None, predicted)."""
    return st.lists(st.tuples(st.none() | answers, answers), max_size=12)


def f1(hits: int, predicted: int, gold: int) -> float:
    return 2 * hits / (predicted + gold) if predicted + gold else 1.0


def score(kind: Any, rows: Sequence[tuple[Any, Any]]) -> HeadScore:
    return score_head(kind, [gold for gold, _ in rows], [predicted for _, predicted in rows])


@settings(max_examples=150)
@given(rows=pairs(SPANS) | pairs(SETS), kind=st.sampled_from(["tag", "multilabel"]))
def test_f1_precision_and_recall_are_those_of_a_brute_force_count(rows: list[tuple[Any, Any]], kind: str) -> None:
    hits = predicted = gold = exact = labelled = 0
    for wanted, found in rows:
        if wanted is None:
            continue
        labelled += 1
        hits += sum(item in wanted for item in found)
        predicted, gold = predicted + len(found), gold + len(wanted)
        exact += sorted(wanted) == sorted(found)
    counted = {
        "f1": f1(hits, predicted, gold),
        "precision": hits / predicted if predicted else 0.0,
        "recall": hits / gold if gold else 0.0,
        "exact": exact / max(1, labelled),
    }
    assert score(kind, rows).metrics == pytest.approx(counted if labelled else {})


@settings(max_examples=150)
@given(pairs(LABELS))
def test_accuracy_and_macro_f1_are_those_of_a_brute_force_count(rows: list[tuple[str | None, str]]) -> None:
    labelled = [(gold, found) for gold, found in rows if gold is not None]
    per_class = []
    for label in {gold for gold, _ in labelled}:
        hits = sum(gold == found == label for gold, found in labelled)
        per_class.append(f1(hits, sum(f == label for _, f in labelled), sum(g == label for g, _ in labelled)))
    counted = {"accuracy": np.mean([g == f for g, f in labelled]), "macro_f1": np.mean(per_class)} if labelled else {}
    assert score("class", rows).metrics == pytest.approx(counted)
    assert sum(score("class", rows).confusion.values()) == len(labelled)


def test_macro_f1_weighs_a_rare_class_like_a_common_one() -> None:
    rows = [("common", "common")] * 99 + [("rare", "common")]
    metrics = score("class", rows).metrics
    assert metrics["accuracy"] == 0.99
    assert metrics["macro_f1"] == pytest.approx((2 * 99 / 199 + 0) / 2)


def test_a_label_that_was_only_predicted_has_no_f1_of_its_own() -> None:
    assert score("class", [("a", "a"), ("a", "never")]).metrics["macro_f1"] == pytest.approx(2 / 3)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=2, max_size=12))
def test_r2_and_rmse_are_those_of_the_textbook(rows: list[tuple[float, float]]) -> None:
    gold, found = np.asarray(rows).T
    residual, spread = ((gold - found) ** 2).sum(), ((gold - gold.mean()) ** 2).sum()
    metrics = score("score", rows).metrics
    assert metrics["rmse"] == pytest.approx(np.sqrt(residual / len(rows)))
    if spread > 1e-3:
        assert metrics["r2"] == pytest.approx(1 - residual / spread, rel=1e-6, abs=1e-6)


def test_r2_is_one_for_the_truth_and_nothing_for_the_mean() -> None:
    assert score("score", [(1.0, 1.0), (2.0, 2.0), (6.0, 6.0)]).primary == 1.0
    assert score("score", [(1.0, 3.0), (2.0, 3.0), (6.0, 3.0)]).primary == pytest.approx(0.0)


def test_a_number_that_is_zero_and_an_empty_list_are_labels() -> None:
    assert score("score", [(0.0, 1.0), (None, 5.0)]).rows.tolist() == [0]
    assert score("tag", [([], []), (None, [(0, 1, "a")])]).rows.tolist() == [0]


def test_nothing_to_find_and_nothing_found_is_no_mistake() -> None:
    nothing = score("tag", [([], []), ([], [])])
    assert (nothing.primary, nothing.correct.tolist()) == (1.0, [True, True])
    assert score("tag", [([], []), ([], [(0, 1, "a")])]).primary == 0.0


def test_spans_may_be_tuples_or_have_names() -> None:
    named = [{"start": 0, "end": 4, "label": "a"}]
    assert score("tag", [(named, [(0, 4, "a")]), ([(0, 4, "a")], named), (named, named)]).primary == 1.0
    assert score("tag", [(named, [(0, 3, "a")])]).primary == 0.0
    assert score("tag", [(named, [(0, 4, "b")])]).primary == 0.0


@pytest.mark.parametrize("kind", PRIMARY)
def test_a_head_without_a_labelled_row_has_no_metrics(kind: Any) -> None:
    bare = score(kind, [(None, 0.0 if kind == "score" else [])])
    assert (bare.is_measured, bare.metrics) == (False, {})
    assert np.isfinite(bare.primary)


@pytest.mark.parametrize("labels", [[0.9], [0.1] * 7, [-3e6] * 1_000])
def test_labels_without_spread_tell_no_r2(labels: list[float]) -> None:
    flat = score("score", [(label, label + 0.5) for label in labels])
    assert (flat.is_measured, flat.primary, flat.metrics) == (False, 0.0, {"rmse": pytest.approx(0.5)})


def test_a_number_head_with_few_labels_does_not_outweigh_the_other_heads() -> None:
    intent = score("class", [("a", "a"), ("a", "b")])
    one_label, two_labels = score("score", [(0.9, 0.1)]), score("score", [(0.9, 0.1), (0.91, 0.2)])
    assert two_labels.primary < -1_000
    assert Scores({"intent": intent, "urgency": one_label}, 2).mean == 0.5
    assert Scores({"intent": intent, "urgency": two_labels}, 2).mean == -0.25
    assert Scores({"urgency": one_label}, 2).mean == 0.0


@pytest.mark.parametrize("kind", PRIMARY)
def test_the_primary_of_many_sums_is_that_of_each(kind: Any) -> None:
    rng = np.random.default_rng(0)
    gold = rng.integers(1, 5, 30).astype(float)
    columns = [rng.random(30) < 0.5] if kind == "class" else [np.minimum(gold, rng.integers(0, 5, 30)), gold, gold**2]
    counts = np.stack(columns, axis=1).astype(float)
    weights = rng.integers(0, 3, (7, 30)).astype(float)
    many = primary_of(kind, weights @ counts, weights.sum(axis=1))
    each = [primary_of(kind, line @ counts, line.sum()) for line in weights]
    np.testing.assert_allclose(many, each)


def test_a_sentence_is_right_when_every_head_that_is_labelled_on_it_is() -> None:
    heads = {
        "intent": score("class", [("a", "a"), ("a", "a"), (None, "a"), ("a", "b"), (None, "a")]),
        "slots": score("tag", [([], []), ([], [(0, 1, "x")]), ([], []), ([], []), (None, [])]),
        "mood": score("score", [(1.0, 9.0)] * 5),
    }
    # Rows: both right; slots wrong; slots alone and right; intent wrong; only a number, which does not count.
    assert Scores(heads, 5).sentence_accuracy == 0.5


def test_without_labels_nobody_knows_how_many_sentences_are_right() -> None:
    assert Scores({}, 3).sentence_accuracy is None
    assert Scores({"mood": score("score", [(1.0, 1.0)])}, 1).sentence_accuracy is None


def test_metrics_of_all_heads_come_by_name() -> None:
    heads = {"intent": score("class", [("a", "a")]), "slots": score("tag", [([], [])])}
    metrics = Scores(heads, 1).metrics()
    assert list(metrics) == ["intent", "slots"]
    assert all(heads[name].primary == metrics[name][PRIMARY[heads[name].kind]] for name in heads)


def test_a_head_that_is_as_often_right_as_it_says_has_no_calibration_error() -> None:
    gold, likeliest = ["on"] * 10, [("on", 0.8)] * 8 + [("off", 0.8)] * 2
    score = score_head("class", gold, ["on"] * 10, likeliest)
    assert score.reliability() == [(1.0, pytest.approx(0.8), pytest.approx(0.8))]
    assert score.calibration_error == pytest.approx(0.0)
    sure = score_head("class", gold, ["on"] * 10, [(label, 1.0) for label, _ in likeliest])
    assert sure.calibration_error == pytest.approx(0.2)


def test_rows_without_a_label_say_nothing_of_how_sure_a_head_is() -> None:
    score = score_head("class", ["on", None], ["on", "on"], [("on", 0.5), ("on", 0.9)])
    assert score.confidence.tolist() == [[0.5, 1.0]]
    assert score_head("class", ["on"], ["on"]).confidence.shape == (0, 2)
