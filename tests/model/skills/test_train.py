"""A skill's heads learn from states alone, and ship as what was learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from model.data.batches import Encoded
from model.skills.graphs import WIDENED, export_skill
from model.skills.train import LEAST_STEPS, MINE_PLAN, SkillNet, fit
from model.skills.words import HASHES
from schemas.artifacts.states import States
from schemas.data.heads import HeadPlan
from trunkline_edge.bundle.manifest import MINE, FeaturizerConfig
from trunkline_edge.understanding.result import OUT_OF_SCOPE

WIDTH = 6
FEATURIZER = FeaturizerConfig(buckets=5_000, ngram_min=3, ngram_max=3, max_features=3, max_words=12)
INTENT = HeadPlan("intent", "class", ("left", "right"), 1.0, False)
SLOTS = HeadPlan("slots", "tag", ("thing",), 1.0, False)


def planted(rows: int, seed: int, *, mine: bool) -> tuple[States, np.ndarray, np.ndarray]:
    """States of rows, their intents, and a tag a word: who is 2 or -2 in dimension 0, 1 and 2 tell the rest; ids
    tell nothing."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 6, rows)
    hidden = rng.normal(0, 0.3, (int(lengths.sum()), WIDTH)).astype(np.float32)
    intent = rng.integers(0, 2, rows)
    hidden[:, 0] += 2 if mine else -2
    hidden[:, 1] += 3 * np.repeat(intent, lengths)
    thing = rng.random(len(hidden)) < 0.3
    hidden[:, 2] += 3 * thing
    ids = rng.integers(1, 40, (len(hidden), 3)).astype(np.int32)
    return States(hidden, ids, np.concatenate([[0], np.cumsum(lengths)])), intent, thing.astype(np.int64)


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
    hidden, mask, ids = (torch.from_numpy(part) for part in states.padded(np.arange(len(states))))
    with torch.inference_mode():
        return net.answer(name, net.widen(hidden), mask, ids).numpy()


def test_it_finds_what_is_planted_in_rows_that_it_has_not_seen(net: SkillNet) -> None:
    states, intent, tags = planted(200, 2, mine=True)
    others, _, _ = planted(200, 3, mine=False)
    assert (answers(net, MINE, states) > 0).mean() > 0.98 > 0.02 > (answers(net, MINE, others) > 0).mean()
    assert (answers(net, "intent", states).argmax(1) == intent).mean() > 0.95
    found = answers(net, "slots", states)
    flat = np.concatenate([found[row, : len(states.row(row))] for row in range(len(states))]).argmax(1)
    assert (flat == tags).mean() > 0.9


def test_an_utterance_is_the_skills_as_far_as_one_of_its_intents_is_likely(net: SkillNet) -> None:
    states, _, _ = planted(20, 2, mine=True)
    by_intent = torch.from_numpy(answers(net, "intent", states))
    assert np.allclose(answers(net, MINE, states)[:, 0], by_intent.logsumexp(1).numpy(), atol=1e-5)
    assert set(net.heads) == set(net.words) == {"intent", "slots"}  # no weight for what the intents tell


def test_without_intents_a_head_of_its_own_tells_whose_it_is() -> None:
    own, _, tags = said(200, 0, [11, 12, 13, 14])
    others, _, _ = said(300, 1, [21, 22])
    rows = encoded(own, np.zeros(200, dtype=np.int64), tags)
    rows = replace(rows, targets={"slots": tags}, has_label={"slots": rows.has_label["slots"]})
    torch.manual_seed(0)
    net = SkillNet((MINE_PLAN, SLOTS), WIDTH, 0, dropout=0.1, smoothing=0.05)
    for _ in fit(net, rows, own, others, mine=np.ones(200, dtype=np.bool_), seed=0):
        pass
    assert (answers(net, MINE, own) > 0).mean() > 0.95 > 0.05 > (answers(net, MINE, others) > 0).mean()


def test_the_same_seed_gives_the_same_heads(net: SkillNet) -> None:
    again = learned(4).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize("layer", [0, 4])
def test_graphs_answer_as_the_net_does_and_the_layer_runs_once(layer: int, net: SkillNet, tmp_path: Path) -> None:
    net = net if layer else learned(0)
    states, _, _ = planted(30, 4, mine=True)
    graphs = export_skill(net, states, tmp_path, reads="hidden", trunk_id="7" * 64, featurizer=FEATURIZER, opset=20)
    assert [graph.name for graph in graphs.graphs] == [MINE, "slots"]
    assert graphs.graphs[0].outputs == (f"{MINE}.logits", "intent.logits", *([WIDENED] if layer else []))
    assert all(graph.inputs[0] == (WIDENED if layer else "hidden") for graph in graphs.graphs[1:])
    hidden, mask, ids = states.padded(np.asarray([3]))
    tensors = {"hidden": hidden, "mask": mask, "ids": ids}
    for graph in graphs.graphs:
        session = ort.InferenceSession(tmp_path / graph.fp32, providers=["CPUExecutionProvider"])
        assert session.get_modelmeta().custom_metadata_map["trunk_id"] == "7" * 64
        outputs = session.run(list(graph.outputs), {name: tensors[name] for name in graph.inputs})
        tensors |= dict(zip(graph.outputs, outputs, strict=True))
    alone = States.of([(states.row(3), states.ids_of(3))], WIDTH, 3)
    for name in (MINE, "intent", "slots"):
        assert np.allclose(tensors[f"{name}.logits"], answers(net, name, alone), atol=1e-4)


def said(rows: int, seed: int, words: list[int]) -> tuple[States, np.ndarray, np.ndarray]:
    """States that tell nothing; each row has one of these words, and its intent is which half of them; a tag is there
    where the word is."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 6, rows)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = rng.integers(3_000, 3_040, (int(lengths.sum()), 3)).astype(np.int32)
    which, place = rng.integers(0, len(words), rows), offsets[:-1] + rng.integers(0, lengths)
    ids[place, 0] = np.asarray(words)[which]
    tags = np.zeros(len(ids), dtype=np.int64)
    tags[place] = 1
    hidden = rng.normal(0, 0.3, (len(ids), WIDTH)).astype(np.float32)
    return States(hidden, ids, offsets), (which * 2 // len(words)).astype(np.int64), tags


@pytest.fixture(scope="module")
def by_words() -> SkillNet:
    own, intent, tags = said(200, 0, [11, 12, 13, 14])
    others, _, _ = said(300, 1, [21, 22])
    torch.manual_seed(0)
    net = SkillNet((MINE_PLAN, INTENT, SLOTS), WIDTH, 0, dropout=0.1, smoothing=0.05)
    for _ in fit(net, encoded(own, intent, tags), own, others, mine=np.ones(200, dtype=np.bool_), seed=0):
        pass
    return net


def test_words_that_the_trunk_tells_nothing_of_are_learned(by_words: SkillNet) -> None:
    own, intent, tags = said(200, 2, [11, 12, 13, 14])
    others, _, _ = said(200, 3, [21, 22])
    assert (answers(by_words, MINE, own) > 0).mean() > 0.95 > 0.05 > (answers(by_words, MINE, others) > 0).mean()
    assert (answers(by_words, "intent", own).argmax(1) == intent).mean() > 0.95
    found = answers(by_words, "slots", own)
    flat = np.concatenate([found[row, : len(own.row(row))] for row in range(len(own))]).argmax(1)
    assert (flat == tags).mean() > 0.95


def test_a_table_of_words_ships_in_8_bits(by_words: SkillNet, tmp_path: Path) -> None:
    own, _, _ = said(30, 4, [11, 12, 13, 14])
    export_skill(by_words, own, tmp_path, reads="hidden", trunk_id="7" * 64, featurizer=FEATURIZER, opset=20)
    labels = {MINE: 2, "slots": 3}  # the intents' table is in the graph that says whose it is
    for name, columns in labels.items():
        model = onnx.load(tmp_path / f"{name}.onnx")
        table = next(each for each in model.graph.initializer if list(each.dims) == [HASHES, columns])
        assert table.data_type == onnx.TensorProto.INT8
        assert (tmp_path / f"{name}.onnx").stat().st_size < HASHES * columns + 4_000


def test_weights_of_tags_ship_in_8_bits(by_words: SkillNet, tmp_path: Path) -> None:
    own, _, _ = said(30, 4, [11, 12, 13, 14])
    export_skill(by_words, own, tmp_path, reads="hidden", trunk_id="7" * 64, featurizer=FEATURIZER, opset=20)
    stored = {tuple(each.dims): each.data_type for each in onnx.load(tmp_path / "slots.onnx").graph.initializer}
    assert stored[(WIDTH, 3)] == onnx.TensorProto.INT8
    assert all(kind == onnx.TensorProto.INT8 for dims, kind in stored.items() if len(dims) == 2)


def test_padding_has_no_say(by_words: SkillNet) -> None:
    own, _, _ = said(40, 5, [11, 12, 13, 14])
    together = answers(by_words, "intent", own)
    for row in range(5):
        alone = States.of([(own.row(row), own.ids_of(row))], WIDTH, 3)
        assert np.allclose(answers(by_words, "intent", alone)[0], together[row], atol=1e-5)


def test_own_rows_that_show_what_it_does_not_answer_are_left_to_others(tmp_path: Path) -> None:
    states, intent, tags = planted(200, 0, mine=True)
    torch.manual_seed(0)
    plan = HeadPlan("intent", "class", ("left", OUT_OF_SCOPE), 1.0, False)
    net = SkillNet((MINE_PLAN, plan), WIDTH, 0, dropout=0.0, smoothing=0.05)
    others, _, _ = planted(300, 1, mine=False)
    rows = encoded(states, intent, tags)
    rows = replace(rows, targets={"intent": intent}, has_label={"intent": rows.has_label["intent"]})
    for _ in fit(net, rows, states, others, mine=intent == 0, seed=0):
        pass
    claimed = answers(net, MINE, states)[:, 0] > 0
    assert claimed[intent == 0].mean() > 0.95 > 0.05 > claimed[intent == 1].mean()
    assert (answers(net, "intent", states).argmax(1) == intent).mean() > 0.95
