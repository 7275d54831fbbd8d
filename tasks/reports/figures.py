"""Pictures for people: learning curves, confusion matrices, calibration and tables, as PNG files."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator

from schemas.evaluation.matrix import Table

if TYPE_CHECKING:
    from model.training.reports import EpochReport
    from schemas.evaluation.metrics import HeadScore

SHOWN_LABELS = 24
"""More rows than this cannot be read in a picture of a screen's size."""
SHOWN_CHARACTERS = 40
"""Of a label; the middle of a longer one is left out."""
OTHERS = "(all others)"
COLOURS = ("#1f6f8b", "#d1495b", "#edae49", "#3c8d5a", "#6a4c93", "#8a5a44", "#5c6b73")


def draw_learning_curves(history: Sequence[EpochReport], primary: Mapping[str, str], path: Path) -> Figure:
    """Draw over the epochs each head's loss and weight in the balance, and the deciding metric of each main head."""
    figure, (losses, weights, scores) = new_figure(15, 4.2, columns=3)
    epochs = [report.epoch for report in history]
    heads = dict.fromkeys(head for report in history for head in report.losses)  # also those that stopped on the way
    for colour, head in zip(_cycle(), heads, strict=False):
        _line(losses, epochs, [report.losses.get(head, np.nan) for report in history], head, colour)
        _line(weights, epochs, [report.weights.get(head, np.nan) for report in history], head, colour)
        if head in primary:
            values = [report.valid.get(head, {}).get(primary[head], np.nan) for report in history]
            _line(scores, epochs, values, f"{head} {primary[head]}", colour)
    best = max(history, key=lambda report: report.score)
    scores.axvline(best.epoch, color="#999999", linestyle=":", linewidth=1)
    scores.annotate(f"kept: epoch {best.epoch}", (best.epoch, scores.get_ylim()[0]), (4, 4), textcoords="offset points",
                    fontsize=8, color="#666666")  # fmt: skip
    losses.set(title="train loss (1 is chance level)", xlabel="epoch", yscale="log")
    weights.set(title="mean weight in the balance", xlabel="epoch")
    scores.set(title="on valid rows", xlabel="epoch")
    for axes, place in ((losses, "upper right"), (weights, "upper right"), (scores, "lower right")):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.legend(frameon=False, fontsize=8, loc=place)  # the best place may take a second to find, and a warning
    return save_figure(figure, path)


def draw_confusion(head: str, confusion: Mapping[tuple[str, str], int], path: Path) -> Figure:
    """Draw who is taken for whom. With many labels only the most confused have a row of their own."""
    labels, matrix = confusion_matrix(confusion, SHOWN_LABELS)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    names = [printable(label) for label in labels]
    longest = max(TextPath((0, 0), name, size=8).get_extents().width / 72 if name.strip() else 0.0 for name in names)
    side = max(2.6, longest + 1.6) + 0.34 * len(labels)  # names of wide letters need more than two inches
    figure, axes = new_figure(side + 1.2, side)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    axes.set_xticks(range(len(labels)), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(range(len(labels)), names, fontsize=8)
    axes.set_xticks(np.arange(len(labels)) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(labels)) - 0.5, minor=True)
    axes.grid(which="minor", color="#eeeeee", linewidth=0.6)
    axes.tick_params(which="both", length=0)
    for row, column in np.argwhere(matrix > 0):
        is_dark, is_error = share[row, column] > 0.55, row != column
        colour = "white" if is_dark else "#d1495b" if is_error else "#333333"
        axes.text(column, row, f"{matrix[row, column]:d}", ha="center", va="center", fontsize=7, color=colour)
    total, right = sum(confusion.values()), sum(n for (gold, found), n in confusion.items() if gold == found)
    all_labels = {label for pair in confusion for label in pair}
    shown = "" if OTHERS not in labels else f"; the {len(labels) - 1} most confused of {len(all_labels)} labels"
    axes.set_title(f"{head}: {right} of {total} right{shown}", fontsize=10, loc="left")
    axes.set(xlabel="answered", ylabel="labelled")
    return save_figure(figure, path)


def draw_table(table: Table, path: Path) -> Figure:
    """Draw a matrix as a heat map: blue above 0, red below; the figures stand in the cells while they can be read."""
    values = np.asarray(table.values, dtype=np.float64).reshape(len(table.rows), len(table.columns))
    figure, axes = new_figure(3.2 + 0.62 * min(len(table.columns), 40), 1.8 + 0.42 * min(len(table.rows), 40))
    most = float(np.nanmax(np.abs(values), initial=0)) or 1.0
    axes.imshow(values, cmap="RdBu", vmin=-most, vmax=most, aspect="auto")
    axes.set_title(table.title.replace("$", r"\$"), fontsize=9, loc="left", wrap=True)
    axes.tick_params(length=0)
    if len(table.columns) <= SHOWN_LABELS:
        axes.set_xticks(
            range(len(table.columns)), [printable(name) for name in table.columns], fontsize=8, rotation=40, ha="right"
        )
    if len(table.rows) <= SHOWN_LABELS:
        axes.set_yticks(range(len(table.rows)), [printable(name) for name in table.rows], fontsize=8)
    if max(values.shape) <= SHOWN_LABELS:
        for row, column in np.argwhere(~np.isnan(values)):
            colour = "white" if abs(values[row, column]) > 0.6 * most else "#333333"
            figures = f"{values[row, column]:.3g}"
            axes.text(column, row, figures, ha="center", va="center", fontsize=7, color=colour)
    return save_figure(figure, path)


def draw_calibration(head: str, score: HeadScore, threshold: float | None, path: Path) -> Figure:
    """Draw a reliability diagram, and how accurate the answers are when only the surest share of them is given.

    `threshold` is None where it judges more than this head's probability, so that the curve has no point for it.
    """
    figure, (reliability, coverage) = new_figure(11, 4.6, columns=2)
    shares, sure, right = np.asarray(score.reliability()).T
    reliability.plot([0, 1], [0, 1], color="#999999", linestyle=":", linewidth=1)
    reliability.scatter(sure, right, s=20 + 400 * shares, color=COLOURS[0], alpha=0.7, clip_on=False)
    reliability.plot(sure, right, color=COLOURS[0], linewidth=1)
    reliability.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean probability (area: share of rows)", ylabel="accuracy")
    reliability.set_title(f"{head}: calibration error {score.calibration_error:.3f}", fontsize=10, loc="left")
    p, is_right = score.confidence[np.argsort(-score.confidence[:, 0], kind="stable")].T
    given = np.arange(1, len(p) + 1)
    coverage.plot(given / len(p), np.cumsum(is_right) / given, color=COLOURS[0], linewidth=1.8, clip_on=False)
    coverage.set(xlim=(0, 1.01), xlabel="share of utterances answered, surest first", ylabel="accuracy of these")
    coverage.set_ylim(max(0, coverage.get_ylim()[0]), 1)
    if threshold is not None:
        answered = float(np.mean(p >= threshold))
        accuracy = float(is_right[p >= threshold].mean()) if answered else 1.0
        coverage.axvline(answered, color=COLOURS[1], linestyle=":", linewidth=1)
        note = f"threshold {threshold:.3f}: {answered:.1%} answered, {accuracy:.1%} of these right"
        coverage.set_title(note, fontsize=10, loc="left")
    return save_figure(figure, path)


def confusion_matrix(confusion: Mapping[tuple[str, str], int], limit: int) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Return labels and rows (labelled x answered); beyond `limit` labels, the least confused are put together."""
    names = sorted({label for pair in confusion for label in pair})
    if len(names) > limit:
        errors = dict.fromkeys(names, 0)
        for (gold, found), count in confusion.items():
            if gold != found:
                errors[gold] += count
                errors[found] += count
        kept = sorted(names, key=lambda name: (-errors[name], name))[: limit - 1]
        names = [*sorted(kept), OTHERS]
    position = {name: number for number, name in enumerate(names)}
    last = len(names) - 1
    matrix = np.zeros((len(names), len(names)), dtype=np.int64)
    for (gold, found), count in confusion.items():
        matrix[position.get(gold, last), position.get(found, last)] += count
    return names, matrix


def new_figure(width: float, height: float, columns: int = 1) -> tuple[Figure, Any]:
    """Return a figure in inches and its axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)  # no display, and no global pyplot state shared between threads
    axes = figure.subplots(1, columns)
    for each in np.atleast_1d(axes):
        each.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _line(axes: Any, epochs: Sequence[int], values: Sequence[float], label: str, colour: str) -> None:
    axes.plot(epochs, values, label=label, color=colour, linewidth=1.8, marker="o", markersize=2.5)


def _cycle() -> Sequence[str]:
    return COLOURS * 8


def save_figure(figure: Figure, path: Path) -> Figure:
    """Write a PNG file, and return what is in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    return figure


def printable(name: str) -> str:
    """Return a label as a picture can show it, on one line and not too long.

    Characters that the font lacks or that show nothing are written as Python escapes them, so that names that differ
    look different; a dollar sign gets a backslash, which matplotlib takes away: two would begin a formula.
    """
    shown = [_escaped(character) for character in name]
    if sum(map(len, shown)) > SHOWN_CHARACTERS:
        first, last = SHOWN_CHARACTERS * 2 // 3, -(-SHOWN_CHARACTERS // 3)
        shown = [*_fitting(shown, first), "…", *reversed(_fitting(shown[::-1], last))]
    return "".join(shown).replace("$", r"\$")


def _fitting(parts: Sequence[str], characters: int) -> list[str]:
    """Return the first parts that have no more characters together."""
    return [part for part, end in zip(parts, accumulate(map(len, parts)), strict=True) if end <= characters]


def _escaped(character: str) -> str:
    # Categories C and Z: controls, marks of writing direction, line separators, spaces of all kinds.
    is_hidden = unicodedata.category(character)[0] in "CZ" and character != " "
    if not is_hidden and _glyphs().get_char_index(ord(character)):
        return character
    return character.encode("unicode_escape").decode("ascii")


@cache
def _glyphs() -> FT2Font:
    return get_font(findfont(FontProperties()))
