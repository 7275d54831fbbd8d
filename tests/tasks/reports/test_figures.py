from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.cbook import is_math_text

from model.training.reports import EpochReport
from schemas.evaluation.matrix import Table
from schemas.evaluation.metrics import score_head
from tasks.reports.figures import (
    OTHERS,
    SHOWN_LABELS,
    confusion_matrix,
    draw_calibration,
    draw_confusion,
    draw_learning_curves,
    draw_table,
)


def confusion_of(labels: int) -> dict[tuple[str, str], int]:
    rng = np.random.default_rng(0)
    names = [f"intent_with_a_name_{i}" for i in range(labels)]
    confusion = {(name, name): 20 for name in names}
    for _ in range(3 * labels):
        gold, found = rng.choice(names, 2)
        confusion[str(gold), str(found)] = confusion.get((str(gold), str(found)), 0) + 1
    return confusion


def test_many_labels_are_put_together_and_no_row_is_lost() -> None:
    confusion = confusion_of(150)
    labels, matrix = confusion_matrix(confusion, 24)
    assert (len(labels), labels[-1]) == (24, OTHERS)
    assert matrix.sum() == sum(confusion.values())


def test_few_labels_keep_a_row_each() -> None:
    labels, matrix = confusion_matrix({("a", "a"): 2, ("a", "b"): 1, ("b", "b"): 3}, 24)
    assert labels == ["a", "b"]
    assert matrix.tolist() == [[2, 1], [0, 3]]


def shown(text: Any) -> str:
    """Return what a text of a figure shows; a formula would be drawn in another way."""
    content = text.get_text()
    assert not is_math_text(content) or content.startswith(r"$\mathdefault"), f"{content} is drawn as a formula"
    return str(content).replace(r"\$", "$")


def ticks(axes: Any) -> tuple[list[str], list[str]]:
    return [shown(text) for text in axes.get_xticklabels()], [shown(text) for text in axes.get_yticklabels()]


def size(picture: Path) -> int:
    """Return the longer side of a PNG file in pixels."""
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    return max(int.from_bytes(content[16 + 4 * i : 20 + 4 * i]) for i in range(2))


def test_a_confusion_shows_every_label_and_count_in_its_place(tmp_path: Path) -> None:
    figure = draw_confusion("intent", {("on", "on"): 12, ("on", "off"): 3, ("off", "off"): 5}, tmp_path / "a.png")
    (axes,) = figure.axes
    assert ticks(axes) == (["off", "on"], ["off", "on"])
    assert axes.get_title(loc="left") == "intent: 17 of 20 right"
    cells = {tuple(map(int, text.get_position())): shown(text) for text in axes.texts}
    assert cells == {(1, 1): "12", (0, 1): "3", (0, 0): "5"}
    np.testing.assert_allclose(axes.images[0].get_array(), [[1, 0], [0.2, 0.8]])


def test_the_picture_stays_small_with_many_labels(tmp_path: Path) -> None:
    figure = draw_confusion("intent", confusion_of(150), tmp_path / "confusion.png")
    assert size(tmp_path / "confusion.png") < 2_000
    across, down = ticks(figure.axes[0])
    assert across == down and len(across) == 24 and across[-1] == OTHERS
    assert "the 23 most confused of 150 labels" in figure.axes[0].get_title(loc="left")


ODD_LABELS = {
    "pay $_$ now": "pay $_$ now",
    "$": "$",
    r"\$x^2$\frac{": r"\$x^2$\frac{",
    "a\x1b[31mred\x00": r"a\x1b[31mred\x00",
    "two\nlines\u2028more": r"two\nlines\u2028more",
    "\u202eright to left": r"\u202eright to left",
    "שלום": "שלום",
    "smile \U0001f9ff": r"smile \U0001f9ff",
    "开灯": r"\u5f00\u706f",
    "\ud800": r"\ud800",
    "x" * 9_999 + "1": "x" * 26 + "…" + "x" * 13 + "1",
    "x" * 9_999 + "2": "x" * 26 + "…" + "x" * 13 + "2",
    "_hidden": "_hidden",
    "": "",
    "grün": "grün",
}


def test_any_label_is_shown_as_it_is_or_with_escapes(tmp_path: Path) -> None:
    confusion = {(label, label): number for number, label in enumerate(ODD_LABELS, 1)}
    figure = draw_confusion("intent", confusion, tmp_path / "a.png")
    wanted = [ODD_LABELS[label] for label in sorted(ODD_LABELS)]
    assert ticks(figure.axes[0]) == (wanted, wanted)
    assert size(tmp_path / "a.png") < 3_000
    names = tuple(ODD_LABELS)
    drawn = draw_table(
        Table("t", "What $_$ shows $", names, names, ((1.0,) * len(names),) * len(names)), tmp_path / "b"
    )
    assert ticks(drawn.axes[0]) == (list(ODD_LABELS.values()), list(ODD_LABELS.values()))
    assert drawn.axes[0].get_title(loc="left").replace(r"\$", "$") == "What $_$ shows $"


@settings(max_examples=15)
@example(["W" * 60])
@given(st.lists(st.text(max_size=60), min_size=1, max_size=3, unique=True))
def test_whatever_the_labels_are_a_picture_is_drawn(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str]
) -> None:
    picture = tmp_path_factory.getbasetemp() / "any.png"
    figure = draw_confusion("intent", {(label, label): 1 for label in labels}, picture)
    for text in ticks(figure.axes[0])[0]:
        assert len(text.splitlines()) <= 1


def test_a_table_is_drawn_whatever_it_holds(tmp_path: Path) -> None:
    nan = float("nan")
    for number, values in enumerate([((0.0,),), ((nan, 1e-6), (-3.0, nan)), ((nan,), (nan,)), ((1.0,) * 60,) * 50]):
        rows, columns = (tuple(f"head_{i}" for i in range(size)) for size in (len(values), len(values[0])))
        table = Table("t", "What a table shows, in as many words as it takes", rows, columns, values)
        (axes,) = draw_table(table, tmp_path / f"{number}.png").axes
        assert size(tmp_path / f"{number}.png") < 4_000
        np.testing.assert_array_equal(axes.images[0].get_array().filled(nan), values)
        across, down = ticks(axes)
        if len(columns) <= SHOWN_LABELS:
            assert (across, down) == (list(columns), list(rows))
            figures = [f"{value:.3g}" for line in values for value in line if not np.isnan(value)]
            assert [shown(text) for text in axes.texts] == figures


def test_the_calibration_of_a_head_is_drawn_also_when_nothing_passes(tmp_path: Path) -> None:
    likeliest = [("on", 0.9), ("on", 0.6), ("off", 0.99)]
    score = score_head("class", ["on", "off", "off"], ["on", "on", "off"], likeliest)
    notes = {
        0.0: "threshold 0.000: 100.0% answered, 66.7% of these right",
        0.7: "threshold 0.700: 66.7% answered, 100.0% of these right",
        1.0: "threshold 1.000: 0.0% answered, 100.0% of these right",
        None: "",  # it judges more than this probability
    }
    for threshold, note in notes.items():
        figure = draw_calibration("intent", score, threshold, tmp_path / f"{threshold}.png")
        reliability, coverage = figure.axes
        assert coverage.get_title(loc="left") == note
        assert reliability.get_title(loc="left") == f"intent: calibration error {score.calibration_error:.3f}"
        np.testing.assert_allclose(coverage.lines[0].get_ydata(), [1, 1, 2 / 3])
        np.testing.assert_allclose(reliability.lines[1].get_xdata(), [sure for _, sure, _ in score.reliability()])


@pytest.mark.parametrize("answers", [["on", "on", "on"], ["on", "off", "on"], ["off", "off", "off"]])
def test_no_accuracy_of_a_calibration_stands_beyond_its_axis(tmp_path: Path, answers: list[str]) -> None:
    score = score_head("class", ["on"] * 3, answers, [(answer, 0.9) for answer in answers])
    for axes in draw_calibration("intent", score, None, tmp_path / "a.png").axes:
        low, high = axes.get_ylim()
        assert 0 <= low < high == 1


@pytest.mark.parametrize("epochs", [1, 2, 3, 40])
def test_epochs_are_counted_in_whole_numbers(tmp_path: Path, epochs: int) -> None:
    history = [
        EpochReport(
            epoch=epoch, epochs=epochs, seconds=1.0, utterances_per_s=9.0, learning_rate=1e-3, losses={"intent": 1.0},
            penalties={}, weights={"intent": 1.0}, valid={"intent": {"accuracy": 0.5}}, score=0.5, is_best=epoch == 1,
        )
        for epoch in range(1, epochs + 1)
    ]  # fmt: skip
    for axes in draw_learning_curves(history, {"intent": "accuracy"}, tmp_path / "a.png").axes:
        first, last = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if first <= tick <= last]
        assert ticks and all(tick == int(tick) for tick in ticks)


def test_learning_curves_show_each_head_over_the_epochs_and_the_epoch_that_was_kept(tmp_path: Path) -> None:
    history = [
        EpochReport(
            epoch=epoch, epochs=3, seconds=1.0, utterances_per_s=9.0, learning_rate=1e-3,
            losses={"intent": 1 / epoch, "length": 2.0} if epoch < 3 else {"intent": 1 / epoch}, penalties={},
            weights={"intent": 1.0, "length": 0.5}, valid={"intent": {"accuracy": 0.3 * epoch}},
            score=-abs(epoch - 2), is_best=epoch == 2,
        )
        for epoch in (1, 2, 3)
    ]  # fmt: skip
    losses, weights, scores = draw_learning_curves(history, {"intent": "accuracy"}, tmp_path / "a.png").axes
    assert [shown(text) for text in losses.get_legend().get_texts()] == ["intent", "length"]
    assert [shown(text) for text in weights.get_legend().get_texts()] == ["intent", "length"]
    assert [shown(text) for text in scores.get_legend().get_texts()] == ["intent accuracy"]
    np.testing.assert_allclose(losses.lines[0].get_ydata(), [1, 1 / 2, 1 / 3])
    np.testing.assert_allclose(losses.lines[1].get_ydata(), [2, 2, np.nan])
    np.testing.assert_allclose(scores.lines[0].get_ydata(), [0.3, 0.6, 0.9])
    assert [shown(text) for text in scores.texts] == ["kept: epoch 2"]
