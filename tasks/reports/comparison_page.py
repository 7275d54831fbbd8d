"""The page of a comparison: one HTML file with its pictures inside, for a screen, a phone, light or dark."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from deploy.evaluation.comparison import Comparison

TEMPLATE = Path(__file__).with_name("comparison.html")
SAME = 0.1
"""Ratios as near to 1 as this are not shown: a second measurement would give another one."""


def comparison_page(comparison: Comparison, pictures: Path, said: Mapping[str, object]) -> str:
    """Return the page. `pictures`: a folder of PNG files; `said`: when, commit, run_id, link, confidence, steps."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"points": _points, "signed": _signed, "times": _times}
    inside = {
        path.stem: f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
        for path in pictures.glob("*.png")
    }
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        c=comparison,
        hard=comparison.results[0].cost,
        costs=[
            *((variant.name, variant.says, variant.gain, variant.cost) for variant in comparison.results),
            ("each alone", "a net a head", None, comparison.alone),
        ],
        curves=[head.transfer.head for head in comparison.results[0].heads],
        pictures=inside,
        **said,
    )


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}"


def _times(value: float, base: float) -> str:
    """Return " (1.4x)", or nothing where there is no telling from 1."""
    ratio = value / base if base else 1.0
    return "" if abs(ratio - 1) <= SAME else f" ({ratio:.1f}x)"
