"""The page of a comparison, drawn of made-up figures, and looked at by a browser where there is one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from deploy.edge.tests.browser import needs_browser, open_page
from deploy.evaluation.comparison import (
    Comparison,
    HeadResult,
    Prediction,
    Tuned,
    VariantCost,
    VariantResult,
    cost_together,
)
from deploy.evaluation.transfer import Estimate, Suspect, Transfer
from schemas.evaluation.head_grouping import Group, Grouping
from schemas.evaluation.matrix import Table
from tasks.reports.comparison_figures import draw_curves, draw_gains
from tasks.reports.comparison_page import comparison_page
from tasks.reports.figures import draw_table

SAID = {"when": "26 November 2026, 06:20 UTC", "commit": "0123456789abcdef", "run_id": "f" * 32,
        "link": "http://127.0.0.1:5000/#/experiments/1/runs/x", "confidence": "95", "steps": 30}  # fmt: skip
HARD, SOFT = (
    VariantCost(1_200_000, 3_900_000, "int8", 101.7, 0.652),
    VariantCost(2_400_000, 4_000_000, "int8", 206.0, 0.771),
)
AFFINITY = Table("affinity", "hard: affinity", ("intent", "slots"), ("intent", "slots"),
                 ((float("nan"), -0.012), (0.021, float("nan"))))  # fmt: skip

# The paper's luminance (WCAG's relative luminance, 0 to 1), then the contrast of every element with text of its own.
CONTRASTS = """() => {
  const linear = value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = colour => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).map(value => linear(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = element => {
    const colour = getComputedStyle(element).backgroundColor;
    return colour === "rgba(0, 0, 0, 0)" ? behind(element.parentElement) : luminance(colour);
  };
  const hasText = element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const contrast = element => {
    const [dim, bright] = [luminance(getComputedStyle(element).color), behind(element)].sort((one, two) => one - two);
    return (bright + 0.05) / (dim + 0.05);
  };
  return [behind(document.body), ...[...document.body.querySelectorAll("*")].filter(hasText).map(contrast)];
}"""


def head(name: str, points: float, reach: float, suspect: str | None = None, *, is_alone: bool = False) -> HeadResult:
    delta = Estimate(points / 100, (points - reach) / 100, (points + reach) / 100)
    found = Transfer(
        head=name, metric="accuracy",
        score=Estimate(0.9 + points / 100, 0.88, 0.92), baseline=Estimate(0.9, 0.88, 0.92),
        difference=delta, gain=None, p_value=0.01, is_negative=delta.high < 0, is_positive=delta.low > 0,
    )  # fmt: skip
    return HeadResult(found, Suspect(suspect, -0.01) if suspect else None, is_alone)


COMPARISON = Comparison(
    product="<coffee>",
    split="test",
    utterances=1_234,
    seeds=(0, 1, 2),
    results=(
        VariantResult("hard", "hard, equal", (head("intent", -2.4, 1.1, "slots"), head("slots", 0.3, 0.9)), -1.1, HARD),
        VariantResult("uncertainty", "hard, uncertainty", (head("intent", 0.2, 0.6), head("slots", 1.9, 0.8)), 1.2,
                      replace(HARD, step_ms=104.9)),
        VariantResult("grouped", "two nets", (head("intent", 0, 0, is_alone=True), head("slots", -0.1, 0.7)),
                      None, SOFT),
    ),
    relations=(AFFINITY, replace(AFFINITY, name="cosine", title="hard: cosine")),
    agreement=None,
    trunks=2,
    grouping=Grouping((Group(("intent",), (), (0.0,)), Group(("slots",), (), (0.01,))), 0.01, True, ("it is alone",)),
    predictions=(Prediction("intent", -1.0), Prediction("slots", None)),
    tuned=(Tuned("hard", 0.001, ((0.0005, 0.81), (0.001, 0.84)), 0.02),
           Tuned("intent alone", 0.002, ((0.002, None),), 0.0)),
    alone=cost_together([HARD, HARD]),
    measured_utterances=300,
    budget="Equal budgets: every training takes the same number of steps.",
)  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("pictures")
    draw_gains(COMPARISON.results, folder / "gains.png")
    for table in COMPARISON.relations:
        draw_table(table, folder / f"{table.name}.png")
    for name in ("intent", "slots"):
        curves = {"hard": [[0.5, 0.7, 0.8], [0.5, 0.72, 0.83]], f"{name} alone": [[0.4, 0.7, 0.85], [0.5, 0.7, 0.84]]}
        draw_curves(f"{name} accuracy", curves, f"{name} alone", folder / f"curve_{name}.png")
    return comparison_page(COMPARISON, folder, SAID)


def test_the_conclusion_stands_before_the_first_table_and_the_head_says_when_and_of_what(page: str) -> None:
    assert page.index(COMPARISON.conclusion.split(":")[0]) < page.index("<table>")
    assert "26 November 2026, 06:20 UTC · commit 0123456789ab ·" in page
    assert "&lt;coffee&gt;" in page and "<coffee>" not in page
    assert COMPARISON.warnings and all(warning in page for warning in COMPARISON.warnings)


def test_only_what_holds_beyond_chance_is_called_worse_or_better(page: str) -> None:
    said = re.findall(
        r"(worse than alone</span>, harmed by\s+slots|better than alone<|no difference shown|the same net)", page
    )
    assert [" ".join(each.split()) for each in said] == [
        "worse than alone</span>, harmed by slots", "no difference shown", "no difference shown", "better than alone<",
        "the same net", "no difference shown",
    ]  # fmt: skip


def test_a_ratio_within_a_tenth_is_not_shown(page: str) -> None:
    assert "105 ms</td>" in page, "3 % more than hard: no ratio"
    assert "206 ms (2.0x)</td>" in page


@needs_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_a_phone_need_not_scroll_aside_and_on_a_screen_two_pictures_stand_abreast(
    page: str, width: int, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(page)
    with open_page(width) as window:
        window.goto(file.as_uri())
        wide, inner, *lines = window.evaluate("""() => {
          const tops = box => new Set([...box.children].map(picture => picture.offsetTop)).size;
          const places = [...document.querySelectorAll(".pictures")].map(tops);
          return [document.documentElement.scrollWidth, innerWidth, ...places];
        }""")
    assert wide <= inner == width
    assert lines == ([2, 2] if width == 390 else [1, 1])


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_in_dark(
    page: str, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(page)
    with open_page() as window:
        window.emulate_media(color_scheme=scheme)
        window.goto(file.as_uri())
        paper, *contrasts = window.evaluate(CONTRASTS)
    assert paper > 0.8 if scheme == "light" else paper < 0.05, "luminance of the paper"
    assert len(contrasts) > 100 and min(contrasts) >= 4.5, "WCAG 2.2, 1.4.3: 4.5 to 1 for text"
