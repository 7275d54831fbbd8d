"""A version for people: what it answers, how well, what it learned from, and what was decided about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploy.evaluation.slices import SliceScore
from deploy.evaluation.verdict import Verdict
from schemas.spec.product import Spec
from tasks.records import Made, Registered
from tasks.reports.verdict import rejection_lines, slice_lines, slice_score_lines, verdict_markdown


def model_card(
    spec: Spec,
    made: Made,
    registered: Registered,
    verdict: Verdict,
    links: Mapping[str, str],
    languages: Sequence[str],
    slices: Sequence[SliceScore] = (),
) -> str:
    """Return the verdict, and below it what a reader of the registry asks next.

    `links` are names with addresses, `languages` those that the bundle says it understands.
    """
    scored, data, bundle = made.scored, made.data, made.bundle
    words = spec.trunk.featurizer.max_words
    channel = f"channel {spec.release.channel}" if verdict.promote or verdict.is_champion else "no channel yet"
    lines = [verdict_markdown(spec.name, verdict, scored), ""]
    lines += [
        f"Data set `{data.digest[:12]}` → MLflow run `{made.run_id[:8]}` → version {registered.version} → "
        f"bundle `{bundle.bundle_id[:12]}` → {channel}",
        "",
        "## What it is for",
        "",
    ]
    lines += [
        f"- what people say to {spec.name}, as a speech recogniser writes it down; language: {', '.join(languages)}",
        f"- of more than {words} words it reads the first {words}",
        f"- measured on {scored.split} rows of the data set below; other speakers and rooms may differ",
    ]
    lines += ["", "## What it answers", "", "| head | kind | role |"]
    lines += ["|---|---|---|"]
    lines += [f"| {name} | {head.kind} | {'auxiliary' if head.auxiliary else 'main'} |"
              for name, head in spec.heads.items()]  # fmt: skip
    lines += [
        "",
        f"## How well, on {scored.rows:,} {scored.split} rows",
        "",
        "| head | metric | value |",
        "|---|---|--:|",
    ]
    lines += [f"| {head} | {metric} | {value:.4f} |"
              for head, metrics in scored.metrics.items() for metric, value in metrics.items()]  # fmt: skip
    lines += [""]
    if scored.sentence_accuracy is not None:
        lines += [f"- whole sentences right: {scored.sentence_accuracy:.4f}"]
    if scored.action_accuracy is not None:
        lines += [f"- right actions: {scored.action_accuracy:.4f}"]
    lines += [f"- one utterance on the machine that scored it: {scored.latency_ms['p50']:.2f} ms, 95 % under "
              f"{scored.latency_ms['p95']:.2f} ms"]  # fmt: skip
    lines += [f"- {line}" for line in rejection_lines(bundle.rejection)]
    if slices:
        lines += ["", "## By slice", "", *slice_score_lines(list(spec.main_heads), slices)]
        lines += ["", *compared] if (compared := slice_lines(spec.gate, verdict)) else []
    counts = ", ".join(f"{split} {rows:,}" for split, rows in data.counts.items())
    lines += ["", "## What it learned from", "", f"- rows: {counts}; quarantined {data.quarantined:,} of {data.read:,}"]
    lines += [f"- data set `{data.digest}`"]
    lines += [f"- {issue.code}: {issue.message}" for issue in data.data_issues]
    precisions = ", ".join(f"{graph} {precision}" for graph, precision in bundle.shipped.items())
    lines += ["", "## What it is", "", f"- bundle `{bundle.bundle_id}`, {bundle.size_bytes / 1e6:.1f} MB: {precisions}"]
    lines += [f"- trained for {made.trained.epochs} epochs; spec `{spec.digest()}`"]
    lines += [f"- {name}: {value}" for name, value in sorted(made.trained.numerics.items())]
    if links:
        lines += ["", " · ".join(f"[{name}]({address})" for name, address in links.items())]
    return "\n".join(lines)
