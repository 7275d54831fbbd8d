"""`trunkline score`: the champion on a labelled file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from flows.cli.console import in_short, score_table
from flows.cli.parse import open_product, open_version
from flows.cli.printing import print_json, shown
from schemas.spec.load import load_spec

if TYPE_CHECKING:
    from tasks.steps.labelled import ScoredFile


def show_score(
    spec: Path, path: Path, split: str, overrides: list[str], *, version: int | None, with_seen: bool, as_json: bool
) -> None:
    """Print what the champion of the spec's product, or a version of it, reaches on the rows of `path`."""
    what = load_spec(spec, data=[path], overrides=overrides)
    runtime = open_product(what.name, what.release.channel) if version is None else open_version(what.name, version)
    version = runtime.manifest.provenance.version
    from tasks.steps.labelled import score_file

    console = Console(stderr=as_json)
    with Progress(SpinnerColumn(), TextColumn("{task.completed:,} utterances"), console=console, transient=True) as bar:
        task = bar.add_task("score", total=None)
        done = score_file(runtime, what, split, lambda rows: bar.advance(task, rows), with_seen=with_seen)
    scores, latency_ms = done.measured.scores, done.measured.latency_ms
    if as_json:
        value = {
            "product": what.name,
            "bundle_id": runtime.bundle_id,
            "version": version,
            "split": done.split,
            "rows": scores.rows,
            "bad_rows": done.bad,
            "seen_rows": done.seen,
            "unknown_labels": dict(done.unknown),
            "heads": scores.metrics(),
            "sentence_accuracy": scores.sentence_accuracy,
            "action_accuracy": done.measured.action_accuracy,
            "latency_ms": latency_ms,
        }
        print_json(value)
        return
    splits = "all splits" if done.split == "all" else done.split
    title = f"{what.name} version {version} on {scores.rows:,} rows of {splits}"
    console.print(score_table(scores.metrics(), title))
    console.print(in_short(scores.sentence_accuracy, done.measured.action_accuracy, latency_ms), highlight=False)
    for line in _notes(done, f"trunkline validate {spec} --data {path}", with_seen=with_seen):
        console.print(shown(line), soft_wrap=True)


def _notes(done: ScoredFile, validate: str, *, with_seen: bool) -> Iterator[str]:
    """Yield what a person should know of the figures."""
    if done.bad:
        yield f"{done.bad:,} bad rows were left out; `{validate}` says why"
    if done.seen is None:
        yield "which of these rows it learned from is not known: its data set is no longer in this home"
    elif done.seen and with_seen:
        yield f"warning: it learned from {done.seen:,} of these rows, which flatters the scores"
    elif done.seen:
        yield f"{done.seen:,} rows were left out because it learned from them (train, valid); --with-seen counts them"
    for head, labels in done.unknown.items():
        few = ", ".join(labels[:5]) + (", ..." if len(labels) > 5 else "")
        yield f"warning: head `{head}` has no label {few}: rows with these count as errors"
