from __future__ import annotations

import os
import shutil
from pathlib import Path

from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from tasks.cache.keys import bundle_key, training_key, validation_key
from tasks.records import Exported, Trained, Validated

HERE = Path(__file__).parents[1]
DATA = Validated("cache_path", "d" * 64, {"train": 3, "valid": 1, "test": 1}, 5, 0, {}, None, ())
TRAINED = Trained("cache_path", "w" * 64, 3, 0.9, {})
EXPORTED = Exported("cache_path", "g" * 64, 1e-6)


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
