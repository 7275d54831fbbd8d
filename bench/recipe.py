"""How fast the default recipe makes rows. Run with `python -m bench.recipe`.

One core; nothing is written.
"""

from __future__ import annotations

from time import perf_counter

from rich.console import Console
from rich.table import Table

from schemas.recipes.home_assistant import HomeAssistantOptions, home_assistant_rows
from schemas.recipes.names import pool
from schemas.recipes.templates import compile_language

ROWS = 24_000  # the default of the recipe


def run() -> list[tuple[str, str, str]]:
    """Measure; return rows of (what, value, how it was measured)."""
    started = perf_counter()
    compile_language("en")
    compile_s = perf_counter() - started
    cold_s = _seconds(seed=0)
    warm_s = min(_seconds(seed=seed) for seed in (1, 2, 3))
    german_s = min(_seconds(seed=seed, language="de") for seed in (0, 1))
    names_s = cold_s - warm_s
    return [
        ("parse and compile English", f"{compile_s:.2f} s", "once a process"),
        ("make names and number words", f"{names_s:.2f} s", "once a process: first 24,000 rows less the next"),
        ("English rows", f"{ROWS / warm_s:,.0f} rows/s", "24,000 rows, best of three seeds, names made"),
        ("German rows", f"{ROWS / german_s:,.0f} rows/s", "24,000 rows, best of two seeds, names made"),
        ("from nothing to 24,000 rows", f"{compile_s + cold_s:.1f} s", "a fresh process without its imports"),
        ("distinct areas", f"{_names('area'):,}", "all splits"),
        ("distinct lights", f"{_names('light'):,}", "all splits"),
    ]


def _seconds(seed: int, language: str = "en") -> float:
    started = perf_counter()
    made = sum(1 for _ in home_assistant_rows(HomeAssistantOptions(language=language, rows=ROWS, seed=seed)))
    assert made == ROWS
    return perf_counter() - started


def _names(kind: str) -> int:
    splits = ("train", "valid", "test")
    return sum(len({name for names in pool(kind, split).patterns for name in names}) for split in splits)


def main() -> None:
    table = Table("what", "measured", "how", title="recipe home-assistant")
    for row in run():
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
