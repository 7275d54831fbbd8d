"""What each kind of made rows gives, and costs: `python -m bench.alone --folder FOLDER`.

Home's net is trained small, once with all that its recipe and its augmentation make, and once without each; all are
asked the same valid rows of the whole recipe, with the names of their homes known. A net that lies finished in FOLDER
is used again.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from bench.acting import Asked, changed, is_right, rows_of
from bench.mishearing import held_out_perturber
from bench.product import HOME, bundle_of, home_rows
from bench.talk import joined, of_several, outcome
from schemas.data.dataset import Dataset
from schemas.recipes.home_assistant import CORRECTED, SOURCE
from schemas.spec.load import load_spec
from trunkline_edge.understanding.names import Names
from trunkline_edge.understanding.result import OUT_OF_SCOPE
from trunkline_edge.understanding.session import INTENT_HEAD, Runtime, open_folder

SMALL = ("data.0.options.rows=8000", "train.epochs=6", "export.int8_drop=1.0")
WITHOUT: Mapping[str, tuple[str, ...]] = {
    "nothing": (),
    "changed rows (typos, fillers, ...)": ("train.augment=0",),
    "corrections": ("data.0.options.corrected_share=0",),
    "several commands": ("data.0.options.several_share=0",),
    "outside": ("data.0.options.outside_share=0",),
}
CONDITIONS = ("clean", "one typo", "filler", "polite", "dropped word")


def shares(runtime: Runtime, dataset: Dataset, wanted: int) -> Iterator[str]:
    """Yield the share of right actions in each condition, of corrections and compounds, and of outside let in."""
    rows, corrections = (rows_of(dataset, runtime, wanted, source, split="valid") for source in (SOURCE, CORRECTED))
    perturber = held_out_perturber(dataset)
    for condition in CONDITIONS:
        made = [changed(condition, row, perturber, Random(i)) for i, row in enumerate(rows)]
        yield _right(runtime, [row for row in made if row is not None])
    yield _right(runtime, corrections)
    compounds = [*joined(rows, runtime, 2), *of_several(rows, runtime, 2)]
    right = 0
    for text, home, commands in compounds:
        runtime.know(home)
        right += outcome(runtime.parse(text), commands, runtime, knows=True) == "right"
    yield f"{right / len(compounds):.1%}"
    runtime.know(Names({}))
    outside = [
        text
        for frame in dataset.batches("valid")
        for text, labels in zip(frame["text"], frame["labels"].to_list(), strict=True)
        if labels[INTENT_HEAD] == OUT_OF_SCOPE
    ]
    yield f"{sum(not runtime.parse(text).rejected for text in outside) / len(outside):.1%}"


def _right(runtime: Runtime, rows: Sequence[Asked]) -> str:
    right = 0
    for row in rows:
        runtime.know(row.home)
        right += is_right(runtime.parse(row.text), row, runtime, knows=True)
    return f"{right / len(rows):.1%}"


def main() -> None:
    parser = ArgumentParser(prog="python -m bench.alone")
    parser.add_argument(
        "--folder", type=Path, required=True, help="where the trainings lie; finished ones are used again"
    )
    parser.add_argument("--rows", type=int, default=600, help="valid rows that are asked (default: %(default)s)")
    options = parser.parse_args()
    whole = load_spec(HOME)
    (options.folder / "asked").mkdir(parents=True, exist_ok=True)
    asked = home_rows(whole, options.folder / "asked")
    table = Table("trained without", *CONDITIONS, "corrects\nitself", "several", "outside\nlet in", title="valid rows")
    for name, settings in WITHOUT.items():
        folder = options.folder / name.split()[0]
        folder.mkdir(exist_ok=True)
        spec = load_spec(HOME, overrides=[*SMALL, *settings])
        runtime = open_folder(bundle_of(spec, home_rows(spec, folder), folder).folder)
        # Few valid rows prove nothing about parting, which here is what the rows of several commands are for.
        runtime.manifest = replace(runtime.manifest, splits_commands=True)
        table.add_row(name, *shares(runtime, asked, options.rows))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
