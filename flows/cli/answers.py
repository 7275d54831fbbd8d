"""How an answer is shown to a person: what was said with its spans, what is wanted, with what, and who says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.cli.printing import Span, colours, shown, spanned
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.understanding.result import Answer, Intent, Ranked, Result, Slot

RANKED = 5
"""Labels of a head that are shown where all are asked for; JSON has the rest."""


def print_answer(console: Console, result: Result, manifest: Manifest, *, ranking: bool = True) -> None:
    """Print one answer: a few lines, spans in the same colours whatever the sentence; its ranking if it has one."""
    style = colours(label for head in manifest.heads if head.kind == "tag" for label in head.labels)
    coloured = console.color_system is not None
    console.print(spanned(result.text, _spans(result), style, coloured=coloured), soft_wrap=True)
    for intent in result.intents:
        console.print(shown(f"{intent.name} {intent.p:.3f}").append_text(_domain(result)), style="bold", soft_wrap=True)
        if intent.slots or intent.unspoken:
            console.print(_slot_table(intent, style))
    for head, answer in result.heads.items():
        console.print(shown(f"{head}: {_said(answer)}"), soft_wrap=True)
    for head, ranked in result.ranking.items() if ranking else ():
        console.print(shown(f"{head}: {_said(ranked[:RANKED])}"), style="dim", soft_wrap=True)
    if result.rejected:
        console.print(shown(f"rejected: {result.reason}"), style="red", soft_wrap=True)
    elif result.reason:
        console.print(shown(f"note: {result.reason}"), soft_wrap=True)
    by = f"skill {result.skill}" if result.skill else result.by or "net"
    who = f"{manifest.product} version {manifest.provenance.version}, {by}, {result.ms:.2f} ms"
    console.print(shown(who), style="dim", soft_wrap=True)


def _spans(result: Result) -> list[Span]:
    """Return the place of every slot once: "an hour and a half" may fill two."""
    tagged = [slot for answer in result.heads.values() for slot in _slots(answer)]
    slots = [*(slot for intent in result.intents for slot in intent.slots), *tagged]
    places = {(slot.start, slot.end): slot.label or slot.name for slot in reversed(slots) if slot.start < slot.end}
    return [(start, end, label) for (start, end), label in places.items()]


def _slots(answer: Answer) -> Iterator[Slot]:
    for each in answer if isinstance(answer, tuple) else ():
        if isinstance(each, Slot):
            yield each


def _domain(result: Result) -> Text:
    return shown(f"  ({result.domain.label} {result.domain.p:.3f})" if result.domain else "")


def _slot_table(intent: Intent, style: Mapping[str, str]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    for column in ("slot", "value", "id", "said"):
        table.add_column(column, overflow="fold")
    table.add_column("p", justify="right")
    for slot in intent.slots:
        name = shown(slot.name)
        name.stylize(style.get(slot.label or slot.name, ""))
        value = "cannot be read" if slot.value is None else f"{slot.value}{_unit(slot.unit)}"
        table.add_row(name, shown(value), shown(_thing(slot)), shown(f'"{slot.raw}"'), f"{slot.p:.3f}")
    for unspoken, meant in intent.unspoken.items():
        table.add_row(shown(unspoken), shown(meant), "", "not said", "")
    return table


def _unit(unit: str | None) -> str:
    return "" if unit is None else unit if unit in ("%", "°C", "°F") else f" {unit}"


def _thing(slot: Slot) -> str:
    """Return what a name stands for here."""
    if slot.candidates:
        return f"one of {', '.join(slot.candidates)}"
    return slot.id or ("no such name is known" if slot.is_name else "")


def _said(answer: Answer) -> str:
    if isinstance(answer, Ranked):
        return f"{answer.label} {answer.p:.3f}"
    if isinstance(answer, float):
        return f"{answer:.4f}"
    return ", ".join(_said(each) if isinstance(each, Ranked) else f'{each.name} "{each.raw}"' for each in answer) or "-"
