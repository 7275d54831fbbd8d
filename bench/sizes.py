"""Size against quality as a picture, with the front of what nothing smaller beats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from deploy.evaluation.transfer import Estimate
from tasks.reports.figures import new_figure, save_figure


class Point(NamedTuple):
    """A net of some size."""

    megabytes: float
    share: Estimate
    """Of what it has right."""


def front(points: Mapping[str, Point]) -> list[str]:
    """Return the names of the points that no other one of their size or less reaches, from small to large."""
    found: list[str] = []
    for name, point in sorted(points.items(), key=lambda item: (item[1].megabytes, -item[1].share.value)):
        if not found or point.share.value > points[found[-1]].share.value:
            found.append(name)
    return found


def draw(title: str, size: str, quality: str, points: Mapping[str, Point], file: Path) -> None:
    """Draw the points and their front; `size` and `quality` are what the axes show."""
    figure, axes = new_figure(7, 4)
    axes.set(xlabel=f"{size}, MB", ylabel=f"{quality}, %", title=title, xscale="log")
    ticks = [1, 2, 5, 10, 20, 50, 100, 200]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    for name, (megabytes, share) in points.items():
        reach = [[100 * (share.value - share.low)], [100 * (share.high - share.value)]]
        axes.errorbar(megabytes, 100 * share.value, reach, fmt="o", capsize=3, label=name)
    best = [(points[name].megabytes, 100 * points[name].share.value) for name in front(points)]
    axes.step(*zip(*best, strict=True), where="post", color="gray", linestyle="--", zorder=0)
    sizes = [point.megabytes for point in points.values()]
    axes.set_xlim(min(sizes) / 1.3, max(sizes) * 1.3)
    axes.legend(loc="lower right", fontsize=8)
    save_figure(figure, file)
