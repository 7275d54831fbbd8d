"""How good a bundle is, and whether it may replace the champion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from prefect import task
from prefect.artifacts import create_markdown_artifact

from deploy.bundle.built import Built
from deploy.evaluation.gate import judge as judge_scores
from deploy.evaluation.score import score_rows
from deploy.evaluation.verdict import Verdict
from deploy.repository.channels import try_on_device
from schemas.spec.product import Spec
from tasks.cache.keys import score_key
from tasks.cache.step import step
from tasks.progress import counting
from tasks.records import Champion, Registered, Scored, Validated
from tasks.reports.figures import draw_calibration, draw_confusion
from tasks.reports.verdict import headline, verdict_markdown
from tasks.rows import open_data
from tasks.settings import Settings
from tasks.steps.score_files import load_scores, save_scores
from tasks.tracking import runs as tracking
from tasks.tracking.champion import open_champion
from tasks.tracking.registry import VERDICT
from trunkline_edge.errors import TrunklineEdgeError
from trunkline_edge.understanding.session import INTENT_HEAD, Runtime, open_folder

SCORED = "trunkline.scored"
PRECISIONS = "precisions.json"


@step(score_key)
def score(folder: Path, bundle: Built | Champion, data: Validated) -> Scored:
    """Run a bundle as a device would on the held-out rows; challenger and champion alike."""
    measured = score_rows(
        _open(bundle),
        open_data(data).batches(data.held_out),
        on_rows=counting("score", data.counts[data.held_out]),
    )
    save_scores(folder, measured.scores)
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
    """Put the bundle's scores, the table of precisions, confusion matrices and calibration into the MLflow run."""
    client = tracking.connect()
    if client.get_run(run_id).data.tags.get(SCORED) == scored.cache_path:
        return
    scores = load_scores(Settings.from_environment().cache / scored.cache_path)
    more = {
        "sentence_accuracy": scored.sentence_accuracy,
        **({} if scored.action_accuracy is None else {"action_accuracy": scored.action_accuracy}),
        **{f"ms_{k}": v for k, v in scored.latency_ms.items()},
        **{f"{k}.calibration_error": v.calibration_error for k, v in scores.heads.items() if len(v.confidence)},
    }
    tracking.log_measured(run_id, scored.split, scored.metrics, more)
    if bundle.rejection is not None:
        tracking.log_measured(run_id, "valid", {"rejection": bundle.rejection}, {})
    if PRECISIONS not in [file.path for file in client.list_artifacts(run_id)]:  # a table grows when logged again
        rows = [
            (head, metric, precision, value)
            for precision, heads in bundle.scores.items()
            for head, metrics in heads.items()
            for metric, value in metrics.items()
        ]
        columns = ("head", "metric", "precision", "value")
        client.log_table(run_id, dict(zip(columns, zip(*rows, strict=True), strict=True)), PRECISIONS)
    client.log_dict(run_id, {"shipped": bundle.shipped, "why": list(bundle.reasons)}, "shipped.json")
    manifest = _open(bundle).manifest
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
        reason = f"bundle {challenger.bundle_id[:12]} is the champion already"
        return Verdict(promote=False, reasons=(reason,), against=against, is_champion=True)
    cache = Settings.from_environment().cache
    verdict = judge_scores(
        load_scores(cache / challenger.cache_path),
        load_scores(cache / champion.cache_path) if champion else None,
        spec.gate,
        tuple(spec.main_heads),
        against=against,
        failure=failure,
    )
    return replace(verdict, reasons=(*verdict.reasons, *_data_note(data, in_force)))


@task
def report_verdict(spec: Spec, verdict: Verdict, challenger: Scored, registered: Registered) -> None:
    """Show the verdict as a page of the flow run, and write it on the registered version: its reasons stay there."""
    page = verdict_markdown(spec.name, verdict, challenger)
    if not verdict.is_champion:
        client, version = tracking.connect(), str(registered.version)
        text = f"{headline(verdict)}: {'; '.join(verdict.reasons)}"
        client.set_model_version_tag(registered.name, version, VERDICT, text)
        client.update_model_version(registered.name, version, description=page)
        client.set_tag(str(client.get_model_version(registered.name, version).run_id), tracking.NOTE, page)
    create_markdown_artifact(key=f"{spec.name.replace('_', '-')}-verdict", markdown=page)


def _data_note(data: Validated, in_force: Champion | None) -> tuple[str, ...]:
    if in_force is None or in_force.data_digest == data.digest:
        return ()
    return (
        f"the champion learned from other data ({in_force.data_digest[:12]}, now {data.digest[:12]}); both answered "
        f"today's {data.held_out} rows, some of which it may have seen in training",
    )


def _open(bundle: Built | Champion) -> Runtime:
    settings = Settings.from_environment()
    if isinstance(bundle, Built):
        return open_folder(settings.cache / bundle.folder)
    return open_champion(settings.repository, bundle)
