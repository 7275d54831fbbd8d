"""`gate.folds`, played: held-out rows that are too few to decide, and all rows in turn that are not."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest

FRAMES = ("turn {} the {}", "please turn {} the {}", "could you turn {} the {} now", "i want the {1} {0}",
          "the {1} should be {0}", "switch {} the {} in here", "{} with the {}", "let us have the {1} {0}")  # fmt: skip
NAMES = ("lamp", "fan", "radio", "heater", "blind")
SPEC = """name: folded
data: [{{path: {rows}}}]
heads: {{intent: {{kind: class}}, slots: {{kind: tag}}}}
trunk: {{embedding_width: 16, width: 16, layers: 1, dropout: 0.0, featurizer: {{vocabulary: 100, buckets: 256}}}}
train: {{epochs: 12, batch_size: 8, learning_rate: 0.02, device: cpu}}
export: {{golden: 20}}
gate: {{floor: {{intent: 0, slots: 0}}}}
"""


def row(number: int, frame: str, state: str, name: str) -> dict:
    text = frame.format(state, name)
    start = text.index(name)
    # Five test rows: no loss on so few can be told from chance.
    split = "test" if number % 16 == 3 else "valid" if number % 8 == 5 else "train"
    slots = [{"start": start, "end": start + len(name), "label": "thing"}]
    return {"text": text, "split": split, "labels": {"intent": state, "slots": slots}}


@pytest.mark.long
def test_held_out_rows_that_cannot_decide_leave_it_to_folds_of_all_rows(desk, tmp_path: Path) -> None:
    rows = [row(number, *each) for number, each in enumerate(product(FRAMES, ("on", "off"), NAMES))]
    old, new, spec = tmp_path / "old.jsonl", tmp_path / "new.jsonl", tmp_path / "folded.yaml"
    old.write_text("".join(json.dumps(each) + "\n" for each in rows))
    more = [row(0, "kindly turn {} the {}", state, name) for state, name in product(("on", "off"), NAMES)]
    new.write_text("".join(json.dumps(each) + "\n" for each in [*rows, *more]))
    spec.write_text(SPEC.format(rows=old))
    first = desk.run("retrain", str(spec))
    assert "promoted: version 1" in first.stdout, first.stdout + first.stderr

    hopeless = ("--data", str(new), "--set", "train.epochs=1", "--set", "train.learning_rate=1e-7", "--json")
    open_question = json.loads(desk.run("retrain", str(spec), *hopeless).stdout)["judged"]
    assert open_question["undecided"] and not open_question["by_folds"]
    assert any("let `gate.folds: 5` ask all rows in turn" in reason for reason in open_question["reasons"])

    done = desk.run("retrain", str(spec), *hopeless, "--set", "gate.folds=3", timeout=500)
    assert done.returncode == 0, done.stderr
    judged = json.loads(done.stdout)["judged"]
    assert (judged["promote"], judged["undecided"]) == (False, False), judged
    assert "so 3 folds of all 90 rows decide, both recipes trained anew for each:" in judged["reasons"]
    assert [each["rows"] for each in judged["by_folds"]] == [90, 90]
    assert any("worse than the margin" in reason for reason in judged["reasons"])

    again = desk.run("retrain", str(spec), *hopeless, "--set", "gate.folds=3")
    assert json.loads(again.stdout)["judged"] == judged  # from the step cache
