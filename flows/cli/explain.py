"""`trunkline explain`: why the champion answers as it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.evaluation.explain import Explanation, WordTags, answering, explain
from flows.cli.answers import print_answer
from flows.cli.parse import open_runtime
from flows.cli.printing import Span, colours, print_json, shown, spanned
from schemas.data.nearest import Near, nearest
from tasks.rows import data_with
from tasks.settings import Settings
from trunkline_edge.bundle.manifest import HeadEntry
from trunkline_edge.understanding.session import Runtime

NEAR = 5
"""Train rows that are shown."""


def explain_text(
    text: str, *, names: Path | None, product: str, channel: str, version: int | None, as_json: bool
) -> None:
    """Print an answer with its reasons, and the train rows that are nearest to the sentence."""
    runtime = open_runtime(product, channel, version, names)
    found = explain(runtime, text)
    learned = answering(runtime, found.result).manifest
    dataset = data_with(learned.provenance.data_digest, Settings.from_environment())
    near = nearest(dataset, runtime.featurizer, text, NEAR) if dataset else None
    if as_json:
        print_json(found.to_json() | {"near": None if near is None else [asdict(row) for row in near]})
        return
    print_explanation(Console(), found, near, runtime)


def print_explanation(console: Console, found: Explanation, near: list[Near] | None, runtime: Runtime) -> None:
    """Print the answer, then what led to it."""
    print_answer(console, found.result, runtime.manifest, ranking=False)
    console.print()
    if found.claims:
        console.print(shown(_skills(found)), soft_wrap=True)
    console.print(shown(_decision(found)), soft_wrap=True)
    for number, command in enumerate(found.commands, start=1):
        console.print()
        console.print(shown(f'command {number}, "{command.result.text.strip()}": {_decision(command)}'), soft_wrap=True)
        _print_reasons(console, command)
    if not found.commands:
        _print_reasons(console, found)
    if near is None:
        console.print("The rows that it learned from are no longer in this home.")
    elif not near:
        console.print("No train row has any word or run of letters of this.")
    else:
        console.print(_near_table(near, answering(runtime, found.result).manifest.heads, console))


def _print_reasons(console: Console, found: Explanation) -> None:
    for line in (_intents(found), _names(found), _strange(found)):
        if line:
            console.print(shown(line), soft_wrap=True)
    for head, words in found.tags.items():
        console.print(_tag_table(head, found.result.text, words))


def _skills(found: Explanation) -> str:
    who = f"skill {found.result.skill}" if found.result.skill else "the bundle itself"
    claims = (f"{claim.skill} {claim.p:.3f} (takes it from {claim.threshold:.3f})" for claim in found.claims)
    return f"answered by {who}; is it a skill's: {', '.join(claims)}"


def _decision(found: Explanation) -> str:
    result = found.result
    if len(result.intents) > 1:
        as_one = found.intents[0] if found.intents else None
        read = f"; as one command it was {as_one.label} {as_one.p:.3f}" if as_one else ""
        return f"accepted as {len(result.intents)} commands, each read alone{read}"
    bar = ""
    if found.threshold is not None and found.sure is not None:
        threshold = f"where the threshold is {found.threshold:.3f}" if found.threshold else "and there is no threshold"
        bar = f"; sure to {found.sure:.3f}, {threshold}"
    return f"turned down: {result.reason}{bar}" if result.rejected else f"accepted{bar}"


def _intents(found: Explanation) -> str:
    return "intents: " + (", then ".join(f"{each.label} {each.p:.3f}" for each in found.intents) or "none")


def _names(found: Explanation) -> str:
    text = found.result.text
    told = (
        f'"{text[name.start : name.end]}" is {name.list} {name.id}, "{name.name}"'
        + (f" with {name.slips} misspelt or misheard" if name.slips else "")
        for name in found.names
    )
    return "known names in it: " + ("; ".join(told) or "none")


def _strange(found: Explanation) -> str:
    text = found.result.text
    told = (
        f'"{text[word.start : word.end]}"' + (f' read as "{word.read_as}"' if word.read_as else "")
        for word in found.strange
    )
    listed = ", ".join(told)
    return f"words it does not know: {listed}" if listed else ""


def _tag_table(head: str, text: str, words: Sequence[WordTags]) -> Table:
    style = colours(_label(word.tag) for word in words)
    table = Table(title=f"{head}, word by word", title_justify="left")
    for column in ("word", "tag", "p", "else", "p"):
        table.add_column(column, justify="right" if column == "p" else "left")
    for word in words:
        tag = shown(word.tag)
        tag.stylize("dim" if word.tag == "O" else style[_label(word.tag)])
        said = shown(text[word.start : word.end])
        table.add_row(said, tag, f"{word.p:.3f}", shown(word.other), f"{word.other_p:.3f}")
    return table


def _label(tag: str) -> str:
    return tag[2:]


def _near_table(near: Sequence[Near], heads: Sequence[HeadEntry], console: Console) -> Table:
    """Return a table of rows: their nearness, their text with its spans, their other labels."""
    tagged = [head.name for head in heads if head.kind == "tag"]
    others = [head.name for head in heads if head.kind != "tag" and any(head.name in row.labels for row in near)]
    spans = [_spans(row, tagged) for row in near]
    style = colours(label for row in spans for _, _, label in row)
    title = "nearest train rows, by the share of words and runs of letters in common"
    table = Table(title=title, title_justify="left")
    table.add_column("near", justify="right")
    for column in ("text", *others):
        table.add_column(column, overflow="fold")
    for row, places in zip(near, spans, strict=True):
        text = spanned(row.text, places, style, coloured=console.color_system is not None)
        labels = (row.labels.get(name) for name in others)
        told = (
            "" if label is None else ", ".join(label) if isinstance(label, list) else str(label) for label in labels
        )
        table.add_row(f"{row.share:.2f}", text, *map(shown, told))
    return table


def _spans(row: Near, heads: Sequence[str]) -> list[Span]:
    return [(span["start"], span["end"], span["label"]) for head in heads for span in row.labels.get(head) or ()]
