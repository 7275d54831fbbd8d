"""A skill's heads learn from states alone, and ship as what was learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from model.data.batches import Encoded
from model.skills.graphs import WIDENED, export_skill
from model.skills.train import LEAST_STEPS, MINE_PLAN, SkillNet, fit
from schemas.artifacts.states import States
from schemas.data.heads import HeadPlan
from trunkline_edge.bundle.manifest import MINE, FeaturizerConfig

WIDTH = 6
FEATURIZER = FeaturizerConfig(buckets=64, ngram_min=3, ngram_max=3, max_features=6, max_words=12)
INTENT = HeadPlan("intent", "class", ("left", "right"), 1.0, False)
SLOTS = HeadPlan("slots", "tag", ("thing",), 1.0, False)


def planted(rows: int, seed: int, *, mine: bool) -> tuple[States, np.ndarray, np.ndarray]:
    """States of rows, their intents, and a tag a word: who is 2 or -2 in dimension 0, 1 and 2 tell the rest."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 6, rows)
    hidden = rng.normal(0, 0.3, (int(lengths.sum()), WIDTH)).astype(np.float32)
    intent = rng.integers(0, 2, rows)
    hidden[:, 0] += 2 if mine else -2
    hidden[:, 1] += 3 * np.repeat(intent, lengths)
    thing = rng.random(len(hidden)) < 0.3
    hidden[:, 2] += 3 * thing
    return States(hidden, np.concatenate([[0], np.cumsum(lengths)])), intent, thing.astype(np.int64)


def encoded(states: States, intent: np.ndarray, tags: np.ndarray) -> Encoded:
    known = np.ones(len(intent), dtype=np.bool_)
    return Encoded(
        forms=np.zeros((1, 1), dtype=np.int64),
        words=np.zeros(len(states.hidden), dtype=np.int32),
        offsets=states.offsets,
        targets={"intent": intent, "slots": tags},
        has_label={"intent": known, "slots": known},
        per_word=frozenset({"slots"}),
    )


def learned(layer: int) -> SkillNet:
    states, intent, tags = planted(200, 0, mine=True)
    torch.manual_seed(0)
    net = SkillNet((MINE_PLAN, INTENT, SLOTS), WIDTH, layer, dropout=0.1, smoothing=0.05)
    others, _, _ = planted(300, 1, mine=False)
    told = list(fit(net, encoded(states, intent, tags), states, others, mine=np.ones(200, dtype=np.bool_), seed=0))
    assert told[-1].step == told[-1].steps == LEAST_STEPS
    assert told[-1].loss < told[0].loss
    return net


@pytest.fixture(scope="module")
def net() -> SkillNet:
    return learned(4)


def answers(net: SkillNet, name: str, states: States) -> np.ndarray:
    hidden, mask = (torch.from_numpy(part) for part in states.padded(np.arange(len(states))))
    with torch.inference_mode():
        return net.answer(name, net.widen(hidden), mask).numpy()


def test_it_finds_what_is_planted_in_rows_that_it_has_not_seen(net: SkillNet) -> None:
    states, intent, tags = planted(200, 2, mine=True)
    others, _, _ = planted(200, 3, mine=False)
    assert (answers(net, MINE, states) > 0).mean() > 0.98 > 0.02 > (answers(net, MINE, others) > 0).mean()
    assert (answers(net, "intent", states).argmax(1) == intent).mean() > 0.95
    found = answers(net, "slots", states)
    flat = np.concatenate([found[row, : len(states.row(row))] for row in range(len(states))]).argmax(1)
    assert (flat == tags).mean() > 0.9


def test_the_same_seed_gives_the_same_heads(net: SkillNet) -> None:
    again = learned(4).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize("layer", [0, 4])
def test_graphs_answer_as_the_net_does_and_the_layer_runs_once(layer: int, net: SkillNet, tmp_path: Path) -> None:
    net = net if layer else learned(0)
    states, _, _ = planted(30, 4, mine=True)
    graphs = export_skill(net, states, tmp_path, reads="hidden", trunk_id="7" * 64, featurizer=FEATURIZER, opset=20)
    assert [graph.name for graph in graphs.graphs] == [MINE, "intent", "slots"]
    assert graphs.graphs[0].outputs == ((f"{MINE}.logits", WIDENED) if layer else (f"{MINE}.logits",))
    assert all(graph.inputs[0] == (WIDENED if layer else "hidden") for graph in graphs.graphs[1:])
    tensors = {"hidden": states.row(3)[np.newaxis], "mask": np.ones((1, len(states.row(3))), dtype=np.bool_)}
    for graph in graphs.graphs:
        session = ort.InferenceSession(tmp_path / graph.fp32, providers=["CPUExecutionProvider"])
        assert session.get_modelmeta().custom_metadata_map["trunk_id"] == "7" * 64
        outputs = session.run(list(graph.outputs), {name: tensors[name] for name in graph.inputs})
        tensors |= dict(zip(graph.outputs, outputs, strict=True))
    alone = States.of([states.row(3)], WIDTH)
    for name in (MINE, "intent", "slots"):
        assert np.allclose(tensors[f"{name}.logits"], answers(net, name, alone), atol=1e-4)


def test_own_rows_that_show_what_it_does_not_answer_are_left_to_others(tmp_path: Path) -> None:
    states, intent, tags = planted(200, 0, mine=True)
    torch.manual_seed(0)
    net = SkillNet((MINE_PLAN, INTENT), WIDTH, 0, dropout=0.0, smoothing=0.05)
    others, _, _ = planted(300, 1, mine=False)
    rows = encoded(states, intent, tags)
    rows = Encoded(
        rows.forms, rows.words, rows.offsets, {"intent": intent}, {"intent": rows.has_label["intent"]}, frozenset()
    )
    for _ in fit(net, rows, states, others, mine=intent == 0, seed=0):
        pass
    claimed = answers(net, MINE, states)[:, 0] > 0
    assert claimed[intent == 0].mean() > 0.95 > 0.05 > claimed[intent == 1].mean()
