"""A split on disk gives training what one in memory does: the same rows, each once, in an order to be had again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data.batches import Encoded, Steps, collate, encode
from model.data.homes import Homes
from model.data.shards import Shards
from model.training.device import choose_compute
from model.training.evaluate import score_net
from model.training.loop import SHARDS, Training, train
from model.training.start import fit_featurizer
from model.training.workers import Workers
from schemas.data.dataset import Dataset, rows_file
from schemas.data.heads import HeadPlan, plan_heads
from trunkline_edge.bundle.manifest import FeaturizerConfig
from trunkline_edge.understanding.featurizer import Featurizer

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS = tuple(HeadPlan(name, "class", ("a",), 1.0, False) for name in ("one", "two"))


def shards_of(folder: Path, labelled: list[tuple[bool, bool]], window_rows: int) -> Shards:
    """Put rows on disk: row i says a word of its own one to four times, and is labelled by the heads told."""
    words = ("".join(chr(ord("a") + int(digit)) for digit in str(row)) for row in range(len(labelled)))
    texts = [" ".join([word] * (1 + row % 4)) for row, word in enumerate(words)]
    labels = [{"one": "a" if one else None, "two": "a" if two else None} for one, two in labelled]
    path = rows_file(folder, "train")
    path.parent.mkdir(parents=True)
    fields = {"text": pl.String, "labels": pl.Struct({"one": pl.String, "two": pl.String})}
    pl.DataFrame({"text": texts, "labels": labels}, schema=fields).write_parquet(path)
    dataset = Dataset("", folder, {"train": len(labelled)}, {}, {}, {}, ())
    featurizer = Featurizer(FeaturizerConfig(buckets=16, ngram_min=3, ngram_max=3, max_features=4, max_words=8), [])
    return Shards(folder / "shards", dataset, "train", featurizer, HEADS, window_rows)


def said(encoded: Encoded, rows: np.ndarray) -> list[int]:
    """Return which rows of the data set these are: row i's word is the i-th that was met, behind the one of no word."""
    return (encoded.words[encoded.offsets[rows]] - 1).tolist()


def drawn(steps: Steps, done: int = 0) -> list[list[int]]:
    return [said(encoded, rows) for encoded, rows in steps.after(done)]


SIZES: dict[str, Any] = {
    "rows": st.integers(1, 60),
    "window_rows": st.integers(1, 40),
    "batch_size": st.integers(1, 20),
    "epoch": st.integers(1, 3),
}


@given(**SIZES, workers=st.integers(1, 3))
@settings(max_examples=15)
def test_every_row_comes_exactly_once_an_epoch_over_all_workers(
    rows: int, window_rows: int, batch_size: int, epoch: int, workers: int
) -> None:
    with TemporaryDirectory() as folder:
        steps = shards_of(Path(folder), [(True, False)] * rows, window_rows).steps(batch_size, 7, epoch)
        seen: list[int] = []
        for encoded, some in steps.after(0):
            assert 0 < len(some) <= batch_size and len(encoded) <= window_rows
            for rank in range(workers):
                batch = Workers(rank, workers).gather(encoded, some, pin=False)
                seen += said(encoded, batch.rows) if batch.targets else []
        assert sorted(seen) == list(range(rows))


@given(
    labelled=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60),
    window_rows=st.integers(4, 40),
    batch_size=st.integers(1, 20),
)
@settings(max_examples=15)
def test_rows_with_few_labels_all_come_and_each_step_sees_every_head(
    labelled: list[tuple[bool, bool]], window_rows: int, batch_size: int
) -> None:
    with TemporaryDirectory() as folder:
        steps = shards_of(Path(folder), labelled, window_rows).steps(batch_size, 0, 1)
        order = drawn(steps)
    assert len(order) == len(steps), "the rate's schedule counts on it"
    times = Counter(row for step in order for row in step)
    assert set(times) == {row for row, heads in enumerate(labelled) if any(heads)}
    for step in order:
        for head in range(2):
            assert any(heads[head] for heads in labelled) == any(labelled[row][head] for row in step)
    for group, members in Counter(heads for heads in labelled if any(heads)).items():
        if members >= 2 * len(steps):
            assert all(times[row] == 1 for row, heads in enumerate(labelled) if heads == group)


@given(**SIZES, done=st.floats(0, 1))
@settings(max_examples=15)
def test_the_order_is_a_function_of_seed_and_epoch_and_goes_on_from_any_step(
    rows: int, window_rows: int, batch_size: int, epoch: int, done: float
) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as two:
        first, second = (shards_of(Path(folder), [(True, True)] * rows, window_rows) for folder in (one, two))
        order = drawn(first.steps(batch_size, 7, epoch))
        drawn(second.steps(batch_size, 7, epoch + 1))
        assert drawn(second.steps(batch_size, 7, epoch)) == order
        place = int(done * len(order))
        assert drawn(replace(first).steps(batch_size, 7, epoch), place) == order[place:]


def test_another_epoch_and_another_seed_draw_another_order_from_all_over_the_split(tmp_path: Path) -> None:
    shards = shards_of(tmp_path, [(True, False)] * 1500, 500)
    orders = [drawn(shards.steps(20, *key)) for key in ((7, 1), (7, 2), (8, 1))]
    assert orders[0] != orders[1] != orders[2] != orders[0]
    assert len(list((tmp_path / "shards").iterdir())) == 30
    window = sorted(row for step in orders[0][:25] for row in step)
    assert len(window) == 500
    # Of rows drawn at random, each tenth of the split has 50 give or take 7; of blocks of two rows, give or take 10.
    assert np.histogram(window, bins=10, range=(0, 1500))[0].min() > 10


@pytest.mark.parametrize("names", [False, True])
def test_what_is_read_from_files_is_what_is_held_in_memory(workshop: Workshop, dataset: Dataset, names: bool) -> None:
    spec = workshop.spec()
    if names:
        spec = spec.model_copy(update={"names": {"room": "area"}})
    known = Homes(dataset, spec) if names else None
    given = fit_featurizer(dataset, spec.trunk, None), plan_heads(spec, dataset)
    told = {"known": (lambda *frame: known(*frame, epoch=1)) if known else None}
    whole = encode(dataset, "train", *given, **told)
    shards = Shards(workshop.folder(), dataset, "train", *given, 20, **told)
    assert len(shards) == len(whole) == 27
    texts = {whole.words[whole.offsets[row] : whole.offsets[row + 1]].tobytes(): row for row in range(len(whole))}
    met = []
    for encoded, rows in shards.steps(4, 0, 1).after(0):
        found = collate(encoded, rows)
        same = [texts[encoded.words[encoded.offsets[row] : encoded.offsets[row + 1]].tobytes()] for row in rows]
        wanted = collate(whole, np.asarray(same))
        for tensor, other in zip(found.inputs, wanted.inputs, strict=True):
            assert tensor.dtype == other.dtype and np.array_equal(tensor, other)
        assert found.targets.keys() == wanted.targets.keys()
        for head, target in found.targets.items():
            assert target.dtype == wanted.targets[head].dtype
            assert np.array_equal(target, wanted.targets[head], equal_nan=target.is_floating_point())
        met += same
    assert sorted(met) == list(range(27))
    assert sorted(shards.known_targets("urgency")) == sorted(whole.known_targets("urgency"))


def test_files_are_kept_and_what_is_missing_of_them_is_written_as_it_would_have_been(tmp_path: Path) -> None:
    shards = shards_of(tmp_path, [(True, row % 3 == 0) for row in range(90)], 100)
    order = drawn(shards.steps(8, 0, 1))
    files = sorted((tmp_path / "shards").iterdir())
    written = [path.read_bytes() for path in files]
    times = [path.stat().st_mtime_ns for path in files]
    for path in files[4:]:
        path.unlink()
    assert drawn(replace(shards).steps(8, 0, 1)) == order
    assert [path.read_bytes() for path in files] == written
    assert [path.stat().st_mtime_ns for path in files[:4]] == times[:4]


def test_scores_of_a_split_on_disk_are_those_of_one_in_memory(workshop: Workshop, dataset: Dataset) -> None:
    spec = workshop.spec()
    net, compute = workshop.net(spec, dataset), choose_compute(spec.train)
    encoded, featurizer = workshop.encoded(spec, dataset, "valid")
    shards = Shards(workshop.folder(), dataset, "valid", featurizer, plan_heads(spec, dataset), 40)
    whole, parts = score_net(net, encoded, compute), score_net(net, shards, compute)
    assert parts.rows == whole.rows == 9
    for head, metrics in whole.metrics().items():
        assert parts.metrics()[head] == pytest.approx(metrics, rel=1e-5)


@pytest.mark.parametrize("changes", [{}, {"augment": 0.5}])
def test_a_training_on_files_learns_goes_on_from_any_step_and_leaves_none_of_them(
    workshop: Workshop, dataset: Dataset, changes: dict[str, Any]
) -> None:
    spec = workshop.spec(epochs=3, batch_size=4, window_rows=20, checkpoint_steps=1, **changes)
    assert isinstance(Training(spec, dataset, workshop.folder()).rows, Shards)
    folder = workshop.train(spec, dataset)
    assert [epoch["score"] for epoch in workshop.history(folder)][-1] > 0
    assert not (folder / SHARDS).exists()
    stopped = workshop.folder()
    workshop.stop_after(3, train(spec, dataset, stopped))  # within the second epoch
    # Rows that change have files an epoch; the score head's scale is of the rows as they are.
    epochs = ["train-0", "train-2"] if changes else ["train-0"]  # of valid there are few
    assert sorted(path.name for path in (stopped / SHARDS).iterdir()) == epochs
    workshop.train(spec, dataset, stopped)
    whole, resumed = workshop.weights(spec, folder), workshop.weights(spec, stopped)
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)


def test_a_split_that_fits_is_read_into_memory(workshop: Workshop, dataset: Dataset) -> None:
    fits = Training(workshop.spec(window_rows=27), dataset, workshop.folder())
    assert isinstance(fits.rows, Encoded) and not (fits.folder / SHARDS).exists()
