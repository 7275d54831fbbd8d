from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor

from model.layers.trunk import VECTOR_SPREAD, WordEmbedding
from model.training.checkpoint import load_tensors
from model.training.device import Compute, DeviceUnavailable, choose_compute
from model.training.evaluate import score_net
from model.training.finished import load_net, read_history
from model.training.loop import describe_machine, train
from model.training.reports import EpochReport, StepReport
from model.training.start import fit_featurizer
from schemas.artifacts.vectors import WordVectors, save_vectors
from schemas.data.dataset import Dataset
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

# All that is random in a training, and several steps between two reports: two epochs of 14 steps, reports at 10 and 14.
RANDOM: dict[str, Any] = {"dropout": 0.2, "word_dropout": 0.2, "layers": 1}


@pytest.fixture(scope="module")
def short(workshop: Workshop) -> Spec:
    return workshop.spec(["intent", "slots", "next_word"], RANDOM, epochs=2, batch_size=2)


@pytest.fixture(scope="module")
def data(workshop: Workshop, short: Spec) -> Dataset:
    return workshop.dataset(short)


@pytest.fixture(scope="module")
def whole(workshop: Workshop, short: Spec, data: Dataset) -> Path:
    """A training that nothing interrupted."""
    return workshop.train(short, data)


def _is_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def _with(spec: Spec, **train: Any) -> Spec:
    return spec.model_copy(update={"train": spec.train.model_copy(update=train)})


def test_two_trainings_with_one_seed_have_equal_weights_bit_for_bit(
    workshop: Workshop, short: Spec, data: Dataset, whole: Path
) -> None:
    torch.manual_seed(12345)  # what came before must not matter
    again = workshop.train(short, data)
    assert _is_equal(workshop.weights(short, whole), workshop.weights(short, again))
    assert workshop.history(whole) == workshop.history(again)


def test_two_trainings_on_two_threads_have_equal_weights_bit_for_bit(workshop: Workshop) -> None:
    spec = workshop.spec(["intent", "slots"], RANDOM, epochs=1, batch_size=8)
    data = workshop.dataset(spec)
    torch.set_num_threads(2)
    try:
        one, other = (workshop.train(spec, data) for _ in range(2))
    finally:
        torch.set_num_threads(1)
    assert _is_equal(workshop.weights(spec, one), workshop.weights(spec, other))


def test_another_seed_gives_other_weights(workshop: Workshop, short: Spec, data: Dataset, whole: Path) -> None:
    other = workshop.train(_with(short, seed=1), data)
    assert not _is_equal(workshop.weights(short, whole), workshop.weights(short, other))


def test_the_weight_of_a_lone_head_changes_nothing(workshop: Workshop) -> None:
    light, heavy = (
        workshop.spec({"intent": {"kind": "class", "weight": weight}}, RANDOM, epochs=1) for weight in (1.0, 3.0)
    )
    data = workshop.dataset(light)
    one, other = workshop.train(light, data), workshop.train(heavy, data)
    assert _is_equal(workshop.weights(light, one), workshop.weights(heavy, other))


@pytest.mark.parametrize(
    ("reports", "checkpoint_steps"), [(1, 1), (1, 2), (1, 3), (2, 3), (3, 1), (4, 2), (4, 3), (5, 1), (6, 2)]
)
def test_a_training_dropped_at_any_report_ends_as_if_it_had_not_been(
    workshop: Workshop, short: Spec, data: Dataset, whole: Path, reports: int, checkpoint_steps: int
) -> None:
    spec, folder = _with(short, checkpoint_steps=checkpoint_steps), workshop.folder()
    workshop.stop_after(reports, train(spec, data, folder))
    assert not (folder / "net.json").exists()
    torch.manual_seed(reports)
    workshop.train(spec, data, folder)
    assert _is_equal(workshop.weights(spec, folder), workshop.weights(short, whole))
    assert workshop.history(folder) == workshop.history(whole)


def test_a_training_dropped_after_every_single_step_ends_as_if_it_had_not_been(
    workshop: Workshop, short: Spec, data: Dataset, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.training.loop.REPORT_STEPS", 1)
    # The checkpoint of a step is written when the next report is asked for, so two reports make one step of progress.
    spec, folder = _with(short, checkpoint_steps=1), workshop.folder()
    drops = 0
    while not (folder / "net.json").exists():
        run = train(spec, data, folder)
        if len(list(_first(2, run))) == 2:
            drops += 1
    assert drops >= 28
    assert _is_equal(workshop.weights(spec, folder), workshop.weights(short, whole))
    assert workshop.history(folder) == workshop.history(whole)


def _first(number: int, run: Iterator[StepReport | EpochReport]) -> Iterator[StepReport | EpochReport]:
    for _, report in zip(range(number), run, strict=False):
        yield report
    run.close()


def test_a_training_dropped_while_its_result_was_written_is_finished_by_the_next(
    workshop: Workshop, short: Spec, data: Dataset, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workshop.folder()

    def full_disk(path: Path, raw: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="No space"):
        broken.setattr("model.training.loop.write_atomic", full_disk)
        workshop.train(short, data, folder)
    assert not (folder / "net.json").exists()
    assert list(train(short, data, folder)) == []
    assert _is_equal(workshop.weights(short, folder), workshop.weights(short, whole))


def test_reports_count_steps_and_epochs_without_a_gap(workshop: Workshop, short: Spec, data: Dataset) -> None:
    reports = list(train(short, data, workshop.folder()))
    steps = [(r.epoch, r.step, r.steps) for r in reports if isinstance(r, StepReport)]
    assert steps == [(1, 10, 14), (1, 14, 14), (2, 10, 14), (2, 14, 14)]
    epochs = [r for r in reports if isinstance(r, EpochReport)]
    assert [(r.epoch, r.epochs) for r in epochs] == [(1, 2), (2, 2)]
    assert [type(r).__name__ for r in reports] == ["StepReport", "StepReport", "EpochReport"] * 2
    for report in epochs:
        assert report.losses.keys() == {"intent", "slots", "next_word"}
        assert report.valid.keys() == {"intent", "slots"}
        assert sum(report.weights.values()) == pytest.approx(1)
        assert report.score == pytest.approx((report.valid["intent"]["accuracy"] + report.valid["slots"]["f1"]) / 2)
        assert report.penalties == {}
    assert epochs[1].learning_rate < epochs[0].learning_rate < short.train.learning_rate


def test_a_finished_folder_yields_nothing_and_is_not_touched(short: Spec, data: Dataset, whole: Path) -> None:
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in whole.iterdir()}
    assert list(train(short, data, whole)) == []
    assert {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in whole.iterdir()} == before
    assert before.keys() == {"net.json", "net.safetensors", "vocabulary.txt", "history.json", "tables.json"}


@pytest.fixture(scope="module")
def noise(workshop: Workshop) -> tuple[Spec, Dataset]:
    """Labels that no word tells: what is learned on train makes valid no better, so an early epoch stays the best."""
    spec = workshop.spec(["intent"], epochs=30, patience=4, batch_size=8)
    rows = workshop.rows()
    for number, row in enumerate(rows):
        row["labels"] = {"intent": ("on", "off")[number * 7 // 5 % 2]}
    return spec, workshop.dataset(spec, rows)


def test_training_stops_when_patience_ends_and_keeps_the_best_epoch_not_the_last(
    workshop: Workshop, noise: tuple[Spec, Dataset]
) -> None:
    (spec, data), folder, best_weights = noise, workshop.folder(), None
    for report in train(spec, data, folder):
        if isinstance(report, EpochReport) and report.is_best:
            best_weights, _ = load_tensors(folder / "best.safetensors")
    history = read_history(folder)
    best = [report for report in history if report.is_best][-1]
    assert len(history) == best.epoch + 4 < 30
    assert all(report.score <= best.score for report in history)
    later = history[best.epoch - 1 :]
    assert not any(report.is_best for report in later[1:])
    assert any(after.score > before.score for before, after in pairwise(later)), "better than the last is not best"
    assert best_weights is not None
    assert _is_equal(workshop.weights(spec, folder), best_weights)
    net, _ = load_net(spec, folder)
    valid, _ = workshop.encoded(spec, data, "valid")
    scores = score_net(net, valid, Compute(torch.device("cpu"), None))
    assert scores.heads["intent"].primary == best.score


def test_the_best_epoch_is_kept_when_training_was_dropped_after_each(
    workshop: Workshop, noise: tuple[Spec, Dataset]
) -> None:
    (spec, data), dropped = noise, workshop.folder()
    whole = workshop.train(spec, data)
    while not (dropped / "net.json").exists():
        run = train(spec, data, dropped)
        while isinstance(next(run, None), StepReport):
            pass
        run.close()
    assert workshop.history(whole) == workshop.history(dropped)
    assert _is_equal(workshop.weights(spec, whole), workshop.weights(spec, dropped))


def test_without_valid_rows_train_says_when_to_stop(workshop: Workshop) -> None:
    spec = workshop.spec(["intent"], epochs=4)
    rows = [{**row, "split": "train"} for row in workshop.rows()]
    folder = workshop.train(spec, workshop.dataset(spec, rows))
    assert read_history(folder)[-1].score > 0.9


def test_a_trained_net_answers_as_it_did_in_the_loop(
    workshop: Workshop, short: Spec, data: Dataset, whole: Path
) -> None:
    net, featurizer = load_net(short, whole)
    assert not net.training
    assert featurizer.vocabulary == fit_featurizer(data, short.trunk, None).vocabulary
    valid, _ = workshop.encoded(short, data, "valid")
    scores = score_net(net, valid, Compute(torch.device("cpu"), None))
    assert scores.metrics() == [report.valid for report in read_history(whole) if report.is_best][-1]


def test_the_vocabulary_is_the_words_that_come_twice_most_frequent_first(workshop: Workshop) -> None:
    spec = workshop.spec(["intent"])
    texts = ["b a", "b c", "b a c", "once", "b b"]
    rows = [{"text": text, "split": "train", "labels": {"intent": "on"}} for text in texts]
    rows.append({"text": "valid valid valid", "split": "valid", "labels": {"intent": "on"}})
    data = workshop.dataset(spec, rows)
    assert fit_featurizer(data, spec.trunk, None).vocabulary == ("b", "a", "c")
    two = workshop.spec(["intent"], {"featurizer": {"vocabulary": 2}})
    assert fit_featurizer(data, two.trunk, None).vocabulary == ("b", "a")


def test_a_hesitation_that_some_language_says_in_earnest_is_read(workshop: Workshop) -> None:
    spec = workshop.spec(["intent"], {"featurizer": {"skips": ["uh", "um"]}})
    said = [("en", "lamp on uh please"), *(("en", f"lamp {i} off") for i in range(250))]
    said += [("de", f"leiser um {i}") for i in range(5)]
    rows = [{"text": text, "lang": lang, "split": "train", "labels": {"intent": "on"}} for lang, text in said]
    featurizer = fit_featurizer(workshop.dataset(spec, rows), spec.trunk, None)
    assert featurizer.config.skips == ("uh",)


def test_heads_labelled_in_different_data_sets_are_learned_together(workshop: Workshop) -> None:
    spec = workshop.spec(["intent", "slots"], epochs=10)
    rows = workshop.rows()
    for number, row in enumerate(rows):
        # The larger data set labels intents, the smaller one slots; no row has both.
        row["labels"].pop("intent" if number % 3 == 0 else "slots")
    data = workshop.dataset(spec, rows)
    folder = workshop.train(spec, data)
    train_rows, _ = workshop.encoded(spec, data)
    assert not (train_rows.has_label["intent"] & train_rows.has_label["slots"]).any()
    net, _ = load_net(spec, folder)
    scores = score_net(net, train_rows, Compute(torch.device("cpu"), None))
    assert scores.heads["intent"].primary > 0.95
    assert scores.heads["slots"].primary > 0.95
    for report in read_history(folder):
        assert report.weights == {"intent": 0.5, "slots": 0.5}


def test_auxiliary_heads_that_no_row_labels_do_no_harm(workshop: Workshop) -> None:
    labels = ["a", "b"]
    heads: dict[str, dict[str, Any]] = {"intent": {"kind": "class"}, "none": {"kind": "score", "auxiliary": True}}
    heads |= {f"no_{k}": {"kind": k, "labels": labels, "auxiliary": True} for k in ("class", "tag", "multilabel")}
    spec = workshop.spec(heads, epochs=1)
    folder = workshop.train(spec, workshop.dataset(spec))
    (report,) = read_history(folder)
    assert report.losses.keys() == report.weights.keys() == {"intent"}
    assert all(tensor.isfinite().all() for tensor in workshop.weights(spec, folder).values())


def test_bf16_runs_and_learns(workshop: Workshop) -> None:
    spec = workshop.spec(epochs=12, precision="bf16")
    folder = workshop.train(spec, workshop.dataset(spec))
    assert choose_compute(spec.train).autocast is torch.bfloat16
    best = [report for report in read_history(folder) if report.is_best][-1]
    assert best.score > 0.85
    assert all(tensor.dtype != torch.bfloat16 for tensor in workshop.weights(spec, folder).values())


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_is_refused_where_there_is_none(workshop: Workshop, short: Spec, data: Dataset) -> None:
    with pytest.raises(DeviceUnavailable, match=r"train\.device is cuda, .* no CUDA device; use `auto` or `cpu`"):
        next(train(_with(short, device="cuda"), data, workshop.folder()))


def test_auto_takes_what_the_machine_has(workshop: Workshop) -> None:
    spec = workshop.spec(device="auto", precision="auto")
    assert choose_compute(spec.train).device.type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert describe_machine(spec)["precision"] in ("bf16", "fp32")
    assert describe_machine(workshop.spec())["device"] == "cpu"


def _why_not_compile() -> str | None:
    try:
        torch.compile(lambda x: x.sin() + x.cos())(torch.randn(8))
    except Exception as error:
        return f"torch.compile does not work here: {type(error).__name__}: {str(error).splitlines()[0]:.200}"
    return None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")  # dynamo's own look at it
def test_a_compiled_net_trains_and_can_be_resumed_and_loaded(workshop: Workshop) -> None:
    if reason := _why_not_compile():
        pytest.skip(reason)
    spec = workshop.spec(["intent", "slots"], {"layers": 1}, epochs=2, compile=True)
    data = workshop.dataset(spec)
    folder = workshop.folder()
    workshop.stop_after(2, train(spec, data, folder))
    workshop.train(spec, data, folder)
    plain = workshop.train(_with(spec, compile=False), data)
    assert workshop.weights(spec, folder).keys() == workshop.weights(spec, plain).keys()
    for compiled, eager in zip(read_history(folder), read_history(plain), strict=True):
        assert compiled.losses == pytest.approx(eager.losses, rel=0.02)


def test_a_training_from_word_vectors_reads_words_that_no_train_row_has(workshop: Workshop) -> None:
    path = workshop.folder() / "vectors.safetensors"
    words = ("lamp", "chandelier", "sconce")
    save_vectors(path, WordVectors(words, np.eye(3, 20, dtype=np.float32)))
    spec = workshop.spec(["intent", "slots"], {"vectors": str(path)}, epochs=1)
    net, featurizer = load_net(spec, workshop.train(spec, workshop.dataset(spec)))
    assert set(words) <= set(featurizer.vocabulary)
    assert len(set(featurizer.vocabulary)) == len(featurizer.vocabulary)
    (embedding,) = (module for module in net.modules() if isinstance(module, WordEmbedding))
    rows = embedding.table.weight[[featurizer.word_id(word) for word in words]].detach()
    spread = float(np.eye(3, 16).std(ddof=1))
    wanted = torch.eye(3, 16) * VECTOR_SPREAD / spread
    torch.testing.assert_close(rows[1:], wanted[1:])  # nothing moved them
    assert not torch.equal(rows[0], wanted[0])


def test_the_last_epoch_is_kept_where_the_spec_says_so(workshop: Workshop) -> None:
    specs = {keep: workshop.spec(("intent",), keep=keep, learning_rate=0.01, epochs=8) for keep in ("best", "last")}
    dataset = workshop.dataset(specs["best"])
    folders = {keep: workshop.train(spec, dataset) for keep, spec in specs.items()}
    kept = {keep: json.loads((folder / "net.json").read_bytes()) for keep, folder in folders.items()}
    best = max(workshop.history(folders["best"]), key=lambda epoch: epoch["score"])["epoch"]
    assert best < 8, "the test needs a net that is best before its last epoch"
    assert {keep: facts["epoch"] for keep, facts in kept.items()} == {"best": best, "last": 8}
