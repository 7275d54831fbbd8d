from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from tasks.cache.keys import CHAMPION, bundle_key, export_key, skill_key, start_of, training_key, validation_key
from tasks.records import Base, Exported, Learned, Origin, Trained, Validated

HERE = Path(__file__).parents[1]
DATA = Validated("cache_path", "d" * 64, {"train": 3, "valid": 1, "test": 1}, 5, 0, {}, None, ())
TRAINED = Trained("cache_path", "w" * 64, 3, 0.9, {})
EXPORTED = Exported("cache_path", "g" * 64, 1e-6)
BASE = Base("home", "b" * 64, "t" * 64, "v" * 64, "d" * 64)
LEARNED = Learned("cache_path", "g" * 64, (), 1.0, 1e-6)


def spec_with(*overrides: str, rows: Path = HERE / "tiny.jsonl") -> Spec:
    return load_spec(HERE / "tiny.yaml", data=[rows], overrides=overrides)


def test_the_same_rows_at_another_place_and_time_have_the_same_key(tmp_path: Path) -> None:
    copy = tmp_path / "tiny.jsonl"  # the stem stays: it is written into the rows as their source
    shutil.copy(HERE / "tiny.jsonl", copy)
    os.utime(copy, (0, 0))
    assert validation_key(spec_with(rows=copy)) == validation_key(spec_with())


def test_other_rows_under_the_same_name_have_another_key(tmp_path: Path) -> None:
    copy = tmp_path / "tiny.jsonl"
    copy.write_bytes((HERE / "tiny.jsonl").read_bytes() + b"\n{}")
    assert validation_key(spec_with(rows=copy)) != validation_key(spec_with())


def test_training_settings_change_the_training_key_alone() -> None:
    more = spec_with("train.epochs=9")
    assert validation_key(more) == validation_key(spec_with())
    assert training_key(more, DATA) != training_key(spec_with(), DATA)
    assert bundle_key(more, DATA, TRAINED, EXPORTED) == bundle_key(spec_with(), DATA, TRAINED, EXPORTED)


def test_the_gate_changes_no_key() -> None:
    strict = spec_with("gate.margin=0")
    assert training_key(strict, DATA) == training_key(spec_with(), DATA)
    assert bundle_key(strict, DATA, TRAINED, EXPORTED) == bundle_key(spec_with(), DATA, TRAINED, EXPORTED)


VALUED = ("heads.slots.values.level.kind=number",)


@pytest.mark.parametrize(
    "rule", ["kind=percent", "times=-1", "slot=change", "rest=seconds"], ids=lambda rule: rule.split("=")[0]
)
def test_another_rule_for_values_makes_another_bundle_of_the_same_graphs(rule: str) -> None:
    before, now = spec_with(*VALUED), spec_with(*VALUED, f"heads.slots.values.level.{rule}")
    assert training_key(now, DATA) == training_key(before, DATA)
    assert export_key(now, DATA, TRAINED) == export_key(before, DATA, TRAINED)
    assert bundle_key(now, DATA, TRAINED, EXPORTED) != bundle_key(before, DATA, TRAINED, EXPORTED)
    assert skill_key(now, BASE, DATA, LEARNED, []) != skill_key(before, BASE, DATA, LEARNED, [])


def test_another_list_of_names_makes_another_bundle_of_the_same_graphs() -> None:
    before, now = spec_with("names.room=area"), spec_with("names.room=room")
    assert bundle_key(now, DATA, TRAINED, EXPORTED) != bundle_key(before, DATA, TRAINED, EXPORTED)


ORIGIN = Origin("c" * 64, "e" * 64, None)


def test_going_on_from_the_champion_is_keyed_by_its_weights_and_by_the_epochs_that_it_takes() -> None:
    anew, going_on = spec_with(), spec_with("train.start_from=champion")
    assert training_key(anew, DATA, ORIGIN) == training_key(anew, DATA), "a spec that starts anew has no use for it"
    assert training_key(going_on, DATA) == training_key(anew, DATA), "without a champion there is but one way to start"
    key = training_key(going_on, DATA, ORIGIN)
    assert key.parts[CHAMPION] == ORIGIN.weights
    assert (
        key.parts["train.epochs"] == str(going_on.train.more_epochs) != training_key(anew, DATA).parts["train.epochs"]
    )
    assert training_key(going_on, DATA, replace(ORIGIN, weights="f" * 64)) != key
    assert training_key(spec_with("train.start_from=champion", "train.more_epochs=1"), DATA, ORIGIN) != key


def test_rows_that_the_champion_learned_from_already_have_the_champions_own_key() -> None:
    spec = spec_with("train.start_from=champion")
    first = replace(ORIGIN, data_digest=DATA.digest)
    assert training_key(spec, DATA, first) == training_key(spec_with(), DATA)
    later = replace(first, started_from="b" * 64)
    assert training_key(spec, DATA, later) == training_key(spec, DATA, Origin("b" * 64, "a" * 64, None))


def test_a_kept_trunk_is_the_champions_and_doing_it_twice_is_doing_it_once() -> None:
    keeps = spec_with("train.start_from=champion", "train.freeze=trunk")
    key = training_key(keeps, DATA, ORIGIN)
    assert key != training_key(spec_with("train.start_from=champion"), DATA, ORIGIN)
    assert training_key(keeps, DATA) == training_key(spec_with(), DATA), "where nothing starts there is nothing to keep"
    mine = replace(ORIGIN, data_digest=DATA.digest, started_from="b" * 64)
    assert start_of(keeps, DATA, mine) == mine.weights, "its trunk has moved since"
    again = Origin("e" * 64, DATA.digest, ORIGIN.weights, kept_trunk=True)
    assert training_key(keeps, DATA, again) == key


def test_what_is_told_of_a_training_are_the_fields_of_the_spec() -> None:
    before, now = training_key(spec_with(), DATA).parts, training_key(spec_with("train.epochs=9"), DATA).parts
    assert {name for name in now if before.get(name) != now[name]} == {"train.epochs"}
