"""Next word and sentiment side by side, from rows that a recipe makes to answers on the device runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deploy.bundle.build import build_bundle
from model.data.batches import IGNORE, encode
from model.export.graphs import export_graphs
from model.training.finished import load_net, read_history
from schemas.data.dataset import Dataset
from schemas.data.heads import plan_heads
from schemas.data.validate import validate
from schemas.recipes.opinions import OpinionOptions, opinion_rows
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from schemas.spec.variants import default_variants
from tests.model.conftest import Workshop
from trunkline_edge.understanding.session import Runtime, open_folder

SPEC = Path(__file__).parents[1] / "specs" / "next-word.yaml"
SMALL = (
    "data.0.options={sentences: 300}",
    "train.epochs=20",
    "train.patience=20",
    "train.batch_size=16",
    "train.learning_rate=1e-2",
    "train.device=cpu",
)


class Trained:
    """A small training of the spec that comes with Trunkline, and its bundle."""

    def __init__(self, workshop: Workshop) -> None:
        tiny = ("trunk.width=32", "trunk.embedding_width=24", "trunk.featurizer.buckets=256", "export.int8_drop=1")
        self.spec: Spec = load_spec(SPEC, overrides=[*SMALL, *tiny])
        outcome = validate(self.spec, cache=workshop.folder(), quarantine=workshop.folder(), scratch=workshop.folder())
        assert outcome.dataset is not None and outcome.quarantined == 0, outcome.reasons
        self.dataset: Dataset = outcome.dataset
        self.folder = workshop.train(self.spec, self.dataset)
        graphs = export_graphs(self.folder, self.dataset, self.spec, workshop.folder())
        self.outputs = graphs.graphs[0].outputs
        self.built = build_bundle(
            graphs, self.dataset, self.spec, run_id="run", created="2026-11-26T12:00:00Z", out=workshop.folder()
        )
        self.runtime: Runtime = open_folder(self.built.folder)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    torch.set_num_threads(1)
    return Trained(Workshop(tmp_path_factory.mktemp("next_word")))


def test_a_bundle_tells_the_sentiment_and_the_word_to_come(trained: Trained) -> None:
    assert trained.outputs == ("hidden", "causal")
    assert trained.built.shipped["trunk"] == "int8"
    heads: dict[str, Any] = dict(trained.runtime.parse("the coffee is cold and i hate").heads)
    assert heads.keys() == {"sentiment", "next_word"}
    assert heads["sentiment"].label == "bad"
    assert heads["next_word"].label == "it"
    assert trained.runtime.parse("my tea was fresh just as i like").heads["next_word"].label == "it"


def test_every_precision_answers_the_held_out_rows_as_the_net_did(trained: Trained) -> None:
    best = max(read_history(trained.folder), key=lambda epoch: epoch.score)
    for head, least in (("sentiment", 0.9), ("next_word", 0.3)):  # the commonest label is right in 54 % and 7 %
        assert best.valid[head]["accuracy"] > least
        assert trained.built.scores["fp32"][head]["accuracy"] == pytest.approx(best.valid[head]["accuracy"], abs=0.03)
        assert trained.built.scores["int8"][head]["accuracy"] == pytest.approx(best.valid[head]["accuracy"], abs=0.1)


def test_the_device_answers_what_the_net_has_after_the_last_word_and_padding_changes_nothing(trained: Trained) -> None:
    net, featurizer = load_net(trained.spec, trained.folder)
    encoded = encode(trained.dataset, "test", featurizer, net.plans)
    texts = [text for frame in trained.dataset.batches("test") for text in frame["text"]]
    (entry,) = (head for head in trained.runtime.manifest.heads if head.name == "next_word")
    assert entry.kind == "class"
    assert entry.labels == featurizer.vocabulary
    same = 0
    with torch.inference_mode():
        for row, text in enumerate(texts):
            words = encoded.words[encoded.offsets[row] : encoded.offsets[row + 1]]
            ids = torch.from_numpy(encoded.forms[words]).unsqueeze(0)
            mask = torch.ones(ids.shape[:2], dtype=torch.bool)
            logits = net(ids, mask)["next_word"]
            longer = torch.cat([mask, torch.zeros(1, 3, dtype=torch.bool)], 1)
            padded = net.head("next_word").after(
                torch.cat([net.states(ids, mask)["next_word"], torch.ones(1, 3, 16)], 1), longer
            )
            torch.testing.assert_close(padded, logits[:, -1], atol=1e-5, rtol=0)
            same += trained.runtime.parse(text).heads["next_word"].label == entry.labels[int(logits[0, -1].argmax())]
    assert same >= 0.9 * len(texts)  # int8 may settle near ties otherwise


def test_the_word_after_a_text_is_the_target_of_its_last_word(trained: Trained) -> None:
    featurizer = load_net(trained.spec, trained.folder)[1]
    plans = plan_heads(trained.spec, trained.dataset)
    encoded = encode(trained.dataset, "train", featurizer, plans)
    labels = [each for frame in trained.dataset.batches("train") for each in frame["labels"].struct.field("next_word")]
    last = encoded.targets["next_word"][encoded.offsets[1:] - 1]
    for label, target in zip(labels, last.tolist(), strict=True):
        assert target == IGNORE if label is None else featurizer.vocabulary[target] == label
    assert 0.4 < np.mean([label is not None for label in labels]) < 0.6


def test_the_recipe_makes_equal_rows_of_equal_options_and_says_when_there_are_no_more() -> None:
    rows = list(opinion_rows(OpinionOptions(sentences=200)))
    assert rows == list(opinion_rows(OpinionOptions(sentences=200)))
    assert rows != list(opinion_rows(OpinionOptions(sentences=200, seed=1)))
    for whole, cut in zip(rows[::2], rows[1::2], strict=True):
        assert f"{whole['text']} ".startswith(f"{cut['text']} {cut['labels']['next_word']} ")
        assert whole["labels"]["sentiment"] in ("good", "bad")
    assert len({row["text"] for row in rows[::2]}) == 200


def test_what_is_compared_by_default_can_be_trained(trained: Trained) -> None:
    assert set(default_variants(trained.spec)) == {"uncertainty"}
