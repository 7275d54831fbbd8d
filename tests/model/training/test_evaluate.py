from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from model.net import Net
from model.training.device import Compute
from model.training.evaluate import score_net
from schemas.data.dataset import Dataset
from schemas.evaluation.metrics import score_head
from schemas.spec.product import Spec
from trunkline_edge.understanding.decode import decode_spans, sigmoid

if TYPE_CHECKING:
    from tests.model.conftest import Finished, Workshop

CPU = Compute(torch.device("cpu"), None)


def _answers(net: Net, finished: Finished, text: str) -> dict[str, Any]:
    """Answer as a device does: one utterance alone, spans in characters."""
    encoding = finished.featurizer.read(text)
    ids = torch.from_numpy(encoding.ids)[None]
    with torch.inference_mode():
        logits = {name: tensor[0].numpy() for name, tensor in net(ids, torch.ones(ids.shape[:2]) > 0).items()}
    labels = finished.dataset.labels
    spans = decode_spans(logits["slots"], encoding.words, labels["slots"])
    return {
        "intent": labels["intent"][int(logits["intent"].argmax())],
        "slots": [(span.start, span.end, span.label) for span in spans],
        "topics": [x for x, p in zip(labels["topics"], sigmoid(logits["topics"]), strict=True) if p >= 0.5],
        "urgency": float(logits["urgency"][0]),
    }


@pytest.mark.parametrize("noise", [0.0, 0.15, 0.4])
def test_a_net_scores_as_its_answers_do_when_decoded_one_by_one(
    workshop: Workshop, finished: Finished, noise: float
) -> None:
    # Noise on the weights, so that there are mistakes of all sorts to agree on.
    net = workshop.net(finished.spec, finished.dataset)
    net.load_state_dict(finished.net.state_dict())
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += noise * torch.randn_like(parameter)
    encoded, _ = workshop.encoded(finished.spec, finished.dataset)
    scores = score_net(net, encoded, CPU)
    rows = [row for frame in finished.dataset.batches("train") for row in frame.to_dicts()]
    answers = [_answers(net.eval(), finished, row["text"]) for row in rows]
    for name, kind in (("intent", "class"), ("slots", "tag"), ("topics", "multilabel"), ("urgency", "score")):
        expected = score_head(kind, [row["labels"][name] for row in rows], [_as_gold(a[name]) for a in answers])
        found = scores.heads[name]
        np.testing.assert_allclose(found.counts, expected.counts, rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(found.correct, expected.correct)
        np.testing.assert_array_equal(found.rows, expected.rows)
        assert found.primary == pytest.approx(expected.primary, rel=1e-5, abs=1e-5)
    if noise:
        assert 0 < scores.heads["slots"].primary < 1


def _as_gold(answer: Any) -> Any:
    """Spans as the rows have them."""
    if isinstance(answer, list) and answer and isinstance(answer[0], tuple):
        return [dict(zip(("start", "end", "label"), span, strict=True)) for span in answer]
    return answer


def test_rows_without_a_label_of_a_head_do_not_count_for_it(workshop: Workshop, spec: Spec) -> None:
    rows = workshop.rows()
    for number, row in enumerate(rows):
        if number % 5 == 0:
            row["labels"].pop("slots")
        if number % 7 == 0:
            row["labels"].pop("urgency")
    dataset = workshop.dataset(spec, rows)
    encoded, _ = workshop.encoded(spec, dataset)
    scores = score_net(workshop.net(spec, dataset), encoded, CPU)
    for name in ("intent", "slots", "topics", "urgency"):
        assert scores.heads[name].rows.tolist() == np.flatnonzero(encoded.has_label[name]).tolist()
    assert len(scores.heads["slots"].rows) < len(scores.heads["intent"].rows) == len(encoded)


def test_auxiliary_heads_are_not_scored(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    encoded, _ = workshop.encoded(spec, dataset, "valid")
    scores = score_net(workshop.net(spec, dataset), encoded, CPU)
    assert scores.heads.keys() == spec.main_heads.keys()


@pytest.mark.parametrize("training", [True, False])
def test_scoring_leaves_the_net_in_the_mode_it_found(workshop: Workshop, dataset: Dataset, training: bool) -> None:
    spec = workshop.spec(trunk={"dropout": 0.5})
    net = workshop.net(spec, dataset).train(training)
    encoded, _ = workshop.encoded(spec, dataset)
    one, other = (score_net(net, encoded, CPU).metrics() for _ in range(2))
    assert one == other  # so it was done without dropout
    assert net.training == training
