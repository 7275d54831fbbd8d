from __future__ import annotations

from pathlib import Path

import pytest

from schemas.spec.load import load_spec
from tasks.cache.history import Work, around_s, as_json, expected_s, keep_around, net_of, this_machine, work_of
from tasks.cache.store import StepKey, commit
from tasks.records import Trained, Validated

SPEC = Path(__file__).parents[1] / "tiny.yaml"
DATA = Validated("validate/x/y", "d" * 64, {"train": 100, "valid": 20, "test": 30}, 160, 10, {}, None, ())


def done(cache: Path, name: str, seconds: float, work: Work | None) -> None:
    (cache / "train" / name).mkdir(parents=True)
    trained = Trained("train/x", "w", 4, 0.5, {})
    commit(cache / "train" / name, StepKey("train", {"n": name}), trained, seconds=seconds, work=as_json(work))


def test_the_time_of_a_training_follows_rows_and_epochs(tmp_path: Path) -> None:
    spec = load_spec(SPEC)
    done(tmp_path, "a", 40.0, work_of("train", {"spec": spec, "data": DATA}, Trained("", "", 4, 0.5, {})))
    longer = load_spec(SPEC, overrides=["train.epochs=8"])
    assert net_of(longer) == net_of(spec)
    assert expected_s(tmp_path, "train", net_of(longer), work_of("train", {"spec": longer, "data": DATA})) == 80.0
    more = Validated("", "", {"train": 250}, 0, 0, {}, None, ())
    assert expected_s(tmp_path, "train", net_of(spec), work_of("train", {"spec": spec, "data": more})) == 100.0
    assert expected_s(tmp_path, "train", net_of(spec), None) == 40.0, "rows that were not read yet: as before"


@pytest.mark.parametrize("field", ["trunk.width=64", "heads.slots.kind=class", "name=other"])
def test_another_net_tells_nothing(tmp_path: Path, field: str) -> None:
    done(tmp_path, "a", 40.0, work_of("train", {"spec": load_spec(SPEC), "data": DATA}))
    other = load_spec(SPEC, overrides=[field])
    assert expected_s(tmp_path, "train", net_of(other), work_of("train", {"spec": other, "data": DATA})) is None


def test_another_machine_and_a_training_that_was_killed_on_the_way_tell_nothing(tmp_path: Path) -> None:
    net = net_of(load_spec(SPEC))
    done(tmp_path, "elsewhere", 40.0, Work(net, "a machine with more cores", 400))
    done(tmp_path, "resumed", 3.0, None)
    assert expected_s(tmp_path, "train", net, Work(net, this_machine(), 400)) is None


def test_what_a_command_takes_beside_its_steps_is_the_median_of_the_last(tmp_path: Path) -> None:
    assert around_s(tmp_path) is None
    for seconds in (99.0, 10.0, 12.0, 11.0, 14.0, 90.0):
        keep_around(tmp_path, seconds)
    assert around_s(tmp_path) == 12.0
    (tmp_path / "around.json").write_text("{")
    assert around_s(tmp_path) is None
