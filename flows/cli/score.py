"""`trunkline score`: the champion on a labelled file."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from flows.cli.console import score_table
from flows.cli.parse import open_product
from flows.cli.printing import print_json, shown
from schemas.spec.load import load_spec


def show_score(spec: Path, path: Path, split: str, overrides: list[str], *, as_json: bool) -> None:
    """Print what the champion of the spec's product reaches on the rows of `path`."""
    what = load_spec(spec, data=[path], overrides=overrides)
    runtime = open_product(what.name, what.release.channel)
    from tasks.steps.labelled import score_file

    console = Console(stderr=as_json)
    with Progress(SpinnerColumn(), TextColumn("{task.completed:,} utterances"), console=console, transient=True) as bar:
        task = bar.add_task("score", total=None)
        measured, taken, bad = score_file(runtime, what, split, lambda rows: bar.advance(task, rows))
    scores = measured.scores
    if as_json:
        value = {
            "product": what.name,
            "bundle_id": runtime.bundle_id,
            "version": runtime.manifest.provenance.version,
            "split": taken,
            "rows": scores.rows,
            "bad_rows": bad,
            "heads": scores.metrics(),
            "sentence_accuracy": scores.sentence_accuracy,
            "action_accuracy": measured.action_accuracy,
            "latency_ms": measured.latency_ms,
        }
        print_json(value)
        return
    title = f"{what.name} version {runtime.manifest.provenance.version} on {scores.rows:,} rows ({taken})"
    console.print(score_table(scores.metrics(), title))
    latency = ", ".join(f"{name} {value:.2f} ms" for name, value in measured.latency_ms.items())
    actions = "" if measured.action_accuracy is None else f", right actions {measured.action_accuracy:.4f}"
    console.print(f"sentence accuracy {scores.sentence_accuracy:.4f}{actions}, {latency}", highlight=False)
    if bad:
        console.print(shown(f"{bad:,} bad rows were left out; `trunkline validate {spec} --data {path}` says why"))
