"""How good a bundle is, and whether it may replace the champion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact

from deploy.bundle.built import Built
from deploy.evaluation.details import LabelScore, Mistake
from deploy.evaluation.explain import why
from deploy.evaluation.gate import judge as judge_scores
from deploy.evaluation.paired import NO_ROWS, Rows
from deploy.evaluation.score import score_rows
from deploy.evaluation.slices import score_slices, slices_of
from deploy.evaluation.verdict import Verdict, champion_already
from deploy.repository.channels import try_on_device
from schemas.data.dataset import Dataset
from schemas.data.leaks import find_leaks
from schemas.spec.product import Spec
from tasks.cache.keys import score_key
from tasks.cache.step import step
from tasks.flow_run import page_of_flow_run, say
from tasks.progress import counting
from tasks.records import Champion, Made, Registered, Scored, Validated
from tasks.reports.figures import draw_calibration, draw_confusion
from tasks.reports.model_card import model_card
from tasks.reports.report import report_page
from tasks.reports.verdict import SLICES, headline, slice_table
from tasks.rows import data_with, open_data
from tasks.settings import Settings
from tasks.steps.score_files import load_details, load_scores, save_details, save_scores
from tasks.tracking import runs as tracking
from tasks.tracking.champion import open_champion
from tasks.tracking.promotions import read_history, taken_out
from tasks.tracking.registry import VERDICT, describe_version
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.errors import TrunklineEdgeError
from trunkline_edge.understanding.session import INTENT_HEAD, Runtime, open_folder

SCORED = "trunkline.scored"
PRECISIONS, LABELS, MISTAKES = "precisions.json", "labels.json", "worst_errors.json"
REPORT = "report.html"


@step(score_key)
def score(folder: Path, bundle: Built | Champion, data: Validated) -> Scored:
    """Run a bundle as a device would on the held-out rows; challenger and champion alike."""
    measured = score_rows(
        _open(bundle),
        open_data(data).batches(data.held_out),
        on_rows=counting("score", data.counts[data.held_out]),
    )
    save_scores(folder, measured.scores)
    save_details(folder, measured.details)
    return Scored(
        cache_path=score_key(bundle, data).cache_path,
        bundle_id=bundle.bundle_id,
        split=data.held_out,
        rows=measured.scores.rows,
        metrics=measured.scores.metrics(),
        sentence_accuracy=measured.scores.sentence_accuracy,
        latency_ms=dict(measured.latency_ms),
        action_accuracy=measured.action_accuracy,
    )


@task
def report_scores(bundle: Built, scored: Scored, run_id: str) -> None:
    """Put the bundle's scores and what lies behind them into the MLflow run: tables and pictures."""
    client = tracking.connect()
    if client.get_run(run_id).data.tags.get(SCORED) == scored.cache_path:
        return
    scores = load_scores(Settings.from_environment().cache / scored.cache_path)
    more = {
        "sentence_accuracy": scored.sentence_accuracy,
        "action_accuracy": scored.action_accuracy,
        **{f"ms_{k}": v for k, v in scored.latency_ms.items()},
        **{f"{k}.calibration_error": v.calibration_error for k, v in scores.heads.items() if len(v.confidence)},
    }
    tracking.log_measured(run_id, scored.split, scored.metrics, more)
    if bundle.rejection is not None:
        tracking.log_measured(run_id, "valid", {"rejection": bundle.rejection}, {})
    rows = [
        (head, metric, precision, value)
        for precision, heads in bundle.scores.items()
        for head, metrics in heads.items()
        for metric, value in metrics.items()
    ]
    _log_table(run_id, PRECISIONS, ("head", "metric", "precision", "value"), rows)
    details = load_details(Settings.from_environment().cache / scored.cache_path)
    _log_table(run_id, LABELS, _names_of(LabelScore), [astuple(label) for label in details.labels])
    runtime = _open(bundle)
    mistakes = [(*astuple(each), why(runtime, each.text, each.head)) for each in details.mistakes]
    _log_table(run_id, MISTAKES, [*_names_of(Mistake), "why"], mistakes)
    client.log_dict(run_id, {"shipped": bundle.shipped, "why": list(bundle.reasons)}, "shipped.json")
    manifest = runtime.manifest
    thresholds = {
        head.name: None if head.name == INTENT_HEAD and manifest.weighs_claims else head.threshold
        for head in manifest.heads
    }
    with TemporaryDirectory() as folder:
        for head, head_score in scores.heads.items():
            if head_score.confusion:
                draw_confusion(head, head_score.confusion, Path(folder) / f"confusion_{head}.png")
            if len(head_score.confidence):
                draw_calibration(head, head_score, thresholds[head], Path(folder) / f"calibration_{head}.png")
        client.log_artifacts(run_id, folder)
    client.set_tag(run_id, SCORED, scored.cache_path)


def _log_table(run_id: str, file: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Log a table in place of the one of an earlier bundle of this net: `log_table` would add to that."""
    client = tracking.connect()
    if file not in [found.path for found in client.list_artifacts(run_id)]:
        client.log_table(run_id, {name: [] for name in columns}, file)  # from then on MLflow knows it for a table
    client.log_dict(run_id, {"columns": list(columns), "data": [list(row) for row in rows]}, file)


def _names_of(record: type[LabelScore | Mistake]) -> list[str]:
    return [field.name for field in fields(record)]


@task
def self_test(bundle: Built) -> str | None:
    """Say what the bundle's self-test has against it, run as on a device: in a process of its own. None: nothing."""
    try:
        try_on_device(Settings.from_environment().cache / bundle.folder)
    except TrunklineEdgeError as error:
        return str(error)
    return None


@task
def judge(
    spec: Spec,
    data: Validated,
    challenger: Scored,
    champion: Scored | None,
    in_force: Champion | None,
    failure: str | None,
) -> Verdict:
    """Hold the challenger to its floors and compare the two on the same rows. Only main heads count."""
    against = in_force.bundle_id if in_force else None
    if against == challenger.bundle_id:
        return champion_already(challenger.bundle_id)
    cache = Settings.from_environment().cache
    rows = open_data(data)
    without, note = _leaks(rows, data, in_force)
    verdict = judge_scores(
        load_scores(cache / challenger.cache_path),
        load_scores(cache / champion.cache_path) if champion else None,
        spec.gate,
        tuple(spec.main_heads),
        against=against,
        failure=failure,
        slices=slices_of(rows.batches(data.held_out)) if champion else (),
        without=without,
    )
    return replace(verdict, reasons=(*verdict.reasons, *note))


@task
def heed_people(spec: Spec, bundle: Built, verdict: Verdict) -> Verdict:
    """Hold back a bundle that a person took out of force: no verdict puts it on devices again."""
    if not verdict.promote:
        return verdict
    history = read_history(Settings.from_environment().home).promotions
    out = taken_out(history, spec.name, spec.release.channel, bundle.bundle_id)
    if out is None:
        return verdict
    reason = (
        f"{out.who} took this bundle out of force on {out.when[:10]} ({out.why[0]}): a person puts it back, no verdict"
    )
    return replace(verdict, promote=False, undecided=True, reasons=(reason, *verdict.reasons))


@task
def report_verdict(spec: Spec, verdict: Verdict, made: Made, registered: Registered) -> None:
    """Show verdict and model card as a page of the flow run, and write them on the registered version and its run."""
    links = {"MLflow run": tracking.page_of(made.run_id)}
    if page := page_of_flow_run():
        links["Prefect run"] = page
    slices = slices_of(open_data(made.data).batches(made.data.held_out))
    cache = Settings.from_environment().cache
    scored = score_slices(slices, load_scores(cache / made.scored.cache_path), list(spec.main_heads))
    manifest = Manifest.from_bytes((cache / made.bundle.folder / "manifest.json").read_bytes())
    card = model_card(spec, made, registered, verdict, links, manifest.spoken, scored)
    said = f"{headline(verdict)}: {'; '.join(verdict.reasons)}"
    say(f"verdict: {said}")
    if not verdict.is_champion:
        client, version = tracking.connect(), str(registered.version)
        client.set_model_version_tag(registered.name, version, VERDICT, said)
        describe_version(registered.name, version, card, rest=f"`{REPORT}` of its run")
        run_id = str(client.get_model_version(registered.name, version).run_id)
        client.set_tag(run_id, tracking.NOTE, card)
        if (
            verdict.slices
        ):  # as `log_table` writes it, which adds to a table that is there; a version may be judged again
            client.log_dict(run_id, slice_table(verdict), SLICES)
        _log_report(run_id, f"{spec.name}, version {version}", card)
    create_markdown_artifact(key=f"{spec.name.replace('_', '-')}-verdict", markdown=card)


def _log_report(run_id: str, title: str, card: str) -> None:
    client = tracking.connect()
    files = [found.path for folder in (None, tracking.TABLES) for found in client.list_artifacts(run_id, folder)]
    with TemporaryDirectory() as folder:
        pictures = [
            Path(client.download_artifacts(run_id, file, folder)) for file in files if Path(file).suffix == ".png"
        ]
        client.log_text(run_id, report_page(title, card, pictures), REPORT)


def _leaks(rows: Dataset, data: Validated, in_force: Champion | None) -> tuple[Rows, tuple[str, ...]]:
    """Return the held-out rows that a champion of other data or the challenger has learned from, and a sentence of it.

    Where both have learned from the same data, neither knows a text that the other does not.
    """
    if in_force is None or in_force.data_digest == data.digest:
        return NO_ROWS, ()
    told = f"the champion learned from other data ({in_force.data_digest[:12]}, now {data.digest[:12]})"
    old = data_with(in_force.data_digest, Settings.from_environment())
    if old is None:
        gone = "its rows have left the step cache, so nobody knows which of them it had seen in training"
        return NO_ROWS, (f"{told}; both answered today's {data.held_out} rows; {gone}",)
    # Its valid rows chose epochs and thresholds.
    known = [split for split in ("train", "valid") if split != data.held_out and old.counts.get(split)]
    learned = chain(*(old.batches(split) for split in known), rows.batches("train"))
    leaks = find_leaks(rows.batches(data.held_out), learned)
    counted = f"{len(leaks):,} of today's {data.counts[data.held_out]:,} {data.held_out} rows"
    if not len(leaks):
        return leaks, (f"{told}; neither has learned from a text of today's {data.held_out} rows",)
    return leaks, (f"{told}; {counted} decide nothing, as one of the two has learned from their texts",)


def _open(bundle: Built | Champion) -> Runtime:
    settings = Settings.from_environment()
    if isinstance(bundle, Built):
        return open_folder(settings.cache / bundle.folder)
    return open_champion(settings.repository, bundle)
