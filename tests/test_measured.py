"""Tables in docs/comparisons.md stand on these: mixes with every kind in them, rows changed as they are said to be."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.claims import IS_JUNK, other_words, with_noise, with_planted
from bench.kinds import ON_ENCODERS, kinds_of, with_all_kinds
from schemas.spec.balance import BalanceSpec
from schemas.spec.load import load_spec
from schemas.spec.sharing import HardSharing, Prior, SharingSpec
from schemas.spec.variants import plan_trials
from tasks.settings import ROOT

WORDS = st.text("abcdef", min_size=1, max_size=6)


@pytest.mark.parametrize("mix", ["flights", "music"])
def test_a_mix_has_a_variant_of_every_kind(mix: str) -> None:
    trials = plan_trials(with_all_kinds(load_spec(ROOT / "bench" / "specs" / f"{mix}.yaml")))
    specs = [trials.net(name).spec for name in trials.variants]
    assert {spec.sharing.kind for spec in specs} == set(kinds_of(SharingSpec)) - set(ON_ENCODERS)
    assert {spec.balance.kind for spec in specs} == set(kinds_of(BalanceSpec))
    priors = {spec.sharing.prior.kind for spec in specs if isinstance(spec.sharing, HardSharing) and spec.sharing.prior}
    assert priors == set(kinds_of(Prior))
    assert {name for name, each in zip(trials.variants, specs, strict=True) if each.train.moments == "per_head"}


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    words = draw(st.lists(WORDS, min_size=1, max_size=6))
    text, first = " ".join(words), draw(st.integers(0, len(words) - 1))
    last = draw(st.integers(first, len(words) - 1))
    start = len(" ".join(words[:first])) + (first > 0)
    slots = [{"start": start, "end": len(" ".join(words[: last + 1])), "label": "place"}]
    return {"id": draw(WORDS), "text": text, "split": "train", "labels": {"intent": "go", "slots": slots}}


@given(row=rows(), planted=st.integers(0, 9), seed=st.integers(0, 9))
def test_planted_words_leave_slots_and_the_words_that_were_there(row: dict[str, Any], planted: int, seed: int) -> None:
    made = with_planted(row, planted, seed)
    (before,), (after,) = row["labels"]["slots"], made["labels"]["slots"]
    assert made["text"][after["start"] : after["end"]] == row["text"][before["start"] : before["end"]]
    words = made["text"].split()
    assert [word for word in words if not IS_JUNK.fullmatch(word)] == row["text"].split()
    assert len(words) == len(row["text"].split()) + planted


@given(row=rows(), planted=st.integers(1, 9))
def test_other_planted_words_stand_in_the_same_places(row: dict[str, Any], planted: int) -> None:
    text = with_planted(row, planted, 0)["text"]
    (other,) = other_words(pl.DataFrame({"text": [text]}))["text"]
    for was, is_now in zip(text.split(), other.split(), strict=True):
        assert len(was) == len(is_now)
        assert (was != is_now) == bool(IS_JUNK.fullmatch(was))


@given(row=rows(), seed=st.integers(0, 9))
def test_noise_gives_another_intent_to_train_rows_alone(row: dict[str, Any], seed: int) -> None:
    labels = ["go", "stop", "wait"]
    assert with_noise(row, 0.0, labels, seed) == row
    assert with_noise({**row, "split": "test"}, 1.0, labels, seed)["labels"]["intent"] == "go"
    changed = with_noise(row, 1.0, labels, seed)
    assert changed["labels"]["intent"] in {"stop", "wait"}
    assert changed["was"] == "go"
