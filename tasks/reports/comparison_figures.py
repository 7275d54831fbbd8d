"""Pictures of a comparison: gains with their intervals, and learning curves of shared nets beside the baselines'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from deploy.evaluation.comparison import VariantResult
from tasks.reports.figures import COLOURS, new_figure, printable, save_figure

FLAGGED = "#d1495b"


def draw_gains(results: Sequence[VariantResult], path: Path) -> Figure:
    """Draw the difference to the baseline of every head and variant, with its interval; flagged ones in red."""
    heads = [head.transfer.head for head in results[0].heads]
    figure, columns = new_figure(1.6 + 2.9 * len(heads), 1.3 + 0.36 * len(results), columns=len(heads))
    for axes, number in zip(np.atleast_1d(columns), range(len(heads)), strict=True):
        for line, result in enumerate(results):
            found = result.heads[number].transfer
            delta, colour = found.difference, FLAGGED if found.is_negative else COLOURS[0]
            axes.plot([100 * delta.low, 100 * delta.high], [line, line], color=colour, linewidth=3, alpha=0.35)
            axes.plot([100 * delta.value], [line], "o", color=colour, markersize=5)
        axes.axvline(0, color="#999999", linewidth=1)
        axes.set_yticks(
            range(len(results)), [printable(result.name) for result in results] if number == 0 else [], fontsize=9
        )
        axes.set_ylim(len(results) - 0.5, -0.5)
        axes.set_title(f"{heads[number]} ({results[0].heads[number].transfer.metric})", fontsize=10, loc="left")
        axes.set_xlabel("points against its baseline; right is better", fontsize=8)
    return save_figure(figure, path)


def draw_curves(metric: str, curves: Mapping[str, Sequence[Sequence[float]]], baseline: str, path: Path) -> Figure:
    """Draw a head's score on valid rows over the epochs: each net's mean over seeds, and the band of its seeds."""
    figure, axes = new_figure(6.4, 3.6)
    for number, (name, seeds) in enumerate(curves.items()):
        values = np.asarray(seeds)
        epochs = np.arange(1, values.shape[1] + 1)
        style = (
            {"color": "#222222", "linestyle": "--"} if name == baseline else {"color": COLOURS[number % len(COLOURS)]}
        )
        axes.plot(epochs, values.mean(axis=0), label=printable(name), linewidth=1.8, **style)
        axes.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=style["color"], alpha=0.12, linewidth=0)
    axes.set(title=metric, xlabel="epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    return save_figure(figure, path)
