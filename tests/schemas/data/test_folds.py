from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.data.dataset import Dataset
from schemas.data.folds import cut_fold, share_out, template

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk

FOLDS = 3


def span(text: str, words: str, label: str = "name") -> dict[str, Any]:
    return {"start": text.index(words), "end": text.index(words) + len(words), "label": label}


def named(desk: Desk, verb: str, name: str, split: str = "train") -> dict[str, Any]:
    text = f"{verb} the {name} by 10"
    return desk.row(text, split=split, labels={"intent": verb, "slots": [span(text, name)]})


def some_rows(desk: Desk) -> list[dict[str, Any]]:
    splits = ("train", "train", "valid", "test")
    names = ("lamp", "radio", "old heater", "fan")
    verbs = ("dim", "raise", "lower", "mute", "start", "stop")
    return [named(desk, verb, name, splits[(row + shift) % 4])
            for shift, verb in enumerate(verbs) for row, name in enumerate(names)]  # fmt: skip


def texts(dataset: Dataset, *splits: str) -> list[str]:
    return [text for split in splits for frame in dataset.batches(split) for text in frame["text"]]


def verbs(rows: list[str]) -> set[str]:
    return {text.split()[0] for text in rows}


def test_spans_and_numbers_are_no_part_of_a_template() -> None:
    text = "Dim the  Reading Lamp to 35 percent"
    labels = {"intent": "dim", "topics": ["light"], "slots": [span(text, "Reading Lamp")]}
    assert template(text, labels) == "dim the [name] to 0 percent"
    assert template("  WHO are   you", {"intent": "ask", "slots": None}) == "who are you"


@given(st.dictionaries(st.text(max_size=8), st.integers(1, 30), max_size=40), st.integers(3, 8))
def test_folds_are_of_equal_size_but_for_a_template(rows: dict[str, int], folds: int) -> None:
    sizes = Counter({fold: 0 for fold in range(folds)})
    for name, fold in share_out(rows, folds).items():
        sizes[fold] += rows[name]
    assert sizes.total() == sum(rows.values())
    assert max(sizes.values()) - min(sizes.values()) <= max(rows.values(), default=0)


@given(st.sets(st.text(max_size=8), max_size=60), st.integers(3, 8))
def test_templates_of_one_row_make_ordinary_folds(names: set[str], folds: int) -> None:
    sizes = Counter(share_out(dict.fromkeys(names, 1), folds).values())
    assert all(len(names) // folds <= sizes[fold] <= -(-len(names) // folds) for fold in range(folds))


def test_every_row_is_asked_once_and_no_template_is_on_both_sides(desk: Desk) -> None:
    spec = desk.spec(desk.file(*some_rows(desk)))
    rows = desk.run(spec).dataset
    assert rows is not None
    asked: list[str] = []
    for fold in range(FOLDS):
        dataset = cut_fold(spec, rows, rows, fold, FOLDS, desk.home / f"fold {fold}")
        assert Dataset.load(dataset.folder) == dataset
        held_out, learned = texts(dataset, "test"), texts(dataset, "train", "valid")
        assert len(held_out) + len(learned) == 24
        assert not verbs(held_out) & verbs(learned)
        assert set(texts(dataset, "valid")) <= set(texts(rows, "valid"))
        assert dataset.labels["intent"] == tuple(sorted(verbs(texts(dataset, "train"))))
        assert dataset.labelled["slots"]["test"] == len(held_out)
        asked += held_out
    assert sorted(asked) == sorted(texts(rows, "train", "valid", "test"))


def test_a_champions_rows_are_held_out_from_the_same_templates(desk: Desk) -> None:
    rows = some_rows(desk)
    spec = desk.spec(desk.file(*rows))
    old_spec = desk.spec(desk.file(*rows[:12], *(desk.row(f"say {word}") for word in ("yes", "no"))))
    new, old = desk.run(spec).dataset, desk.run(old_spec).dataset
    assert new is not None and old is not None
    for fold in range(FOLDS):
        ours = cut_fold(spec, new, new, fold, FOLDS, desk.home / f"ours {fold}")
        theirs = cut_fold(old_spec, old, new, fold, FOLDS, desk.home / f"theirs {fold}")
        assert texts(ours, "test") == texts(theirs, "test")
        assert not verbs(texts(theirs, "train", "valid")) & verbs(texts(theirs, "test"))
        assert {"say yes", "say no"} <= set(texts(theirs, "train"))  # the judged rows have nothing like them
        assert ours.digest != theirs.digest


def test_a_text_that_is_labelled_in_two_ways_is_on_one_side(desk: Desk) -> None:
    lamp = "dim the lamp by 10"
    rows = [*some_rows(desk), desk.row(lamp, split="test", labels={"intent": "dim", "slots": []})]
    spec = desk.spec(desk.file(*rows))
    dataset = desk.run(spec).dataset
    assert dataset is not None
    sides = []
    for fold in range(FOLDS):
        cut = cut_fold(spec, dataset, dataset, fold, FOLDS, desk.home / f"fold {fold}")
        sides.append((texts(cut, "test").count(lamp), texts(cut, "train", "valid").count(lamp)))
    assert sorted(sides) == [(0, 2), (0, 2), (2, 0)]


@pytest.mark.parametrize("known", [{"mood": {"kind": "class"}}, {"intent": {"kind": "multilabel"}}])
def test_labels_of_heads_that_the_champion_lacks_or_has_of_another_kind_are_left_out(desk: Desk, known: Any) -> None:
    spec = desk.spec(desk.file(*some_rows(desk)))
    old_rows = [desk.row(f"say {word}", labels={"mood": "calm", "intent": ["say"]}) for word in ("yes", "no")]
    old_spec = desk.spec(desk.file(*old_rows), heads=known)
    new, old = desk.run(spec).dataset, desk.run(old_spec).dataset
    assert new is not None and old is not None, desk.run(old_spec).refused
    cut = cut_fold(old_spec, old, new, 0, FOLDS, desk.home / "fold")
    (head,) = known
    assert (cut.labelled[head]["train"], cut.labelled[head]["test"]) == (2, 0)
    assert len(texts(cut, "test")) == cut.counts["test"] == 8
