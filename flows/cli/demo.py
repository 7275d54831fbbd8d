"""`trunkline demo`: the whole chain, then a device of its own that answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flows.cli.printing import shown
from flows.cli.retrain import run_retrain
from schemas.errors import TrunklineError
from schemas.spec.load import load_spec
from tasks.settings import Settings
from trunkline_edge.understanding.result import Intent, Result

SENTENCES = (
    "turn off the lamp in the guest room",
    "set the snuggery to half brightness please",
    "turn on the kitchen light",
    "turn off the bedside lmp",
    "start clipy",
    "dim the kitchen lights to thirty percent",
    "set a timer for one and a half hours",
    "what's the weather",
)
NAMES_SUFFIX = ".names.json"
"""Of the file beside a spec with the names of a made-up home."""


class DeviceFailed(TrunklineError):
    """The device runtime's process ended with an error."""


def run_demo(spec: Path) -> None:
    """Retrain, install the channel's bundle in a device home, tell it the names of a home, and show its answers."""
    done = run_retrain(spec, [], [], as_json=False)
    settings = Settings.from_environment()
    channel = load_spec(spec).release.channel
    home = settings.home / "device" / done.product
    console = Console()
    with console.status("the device installs the bundle and repeats its golden utterances"):
        _edge("update", "--home", str(home), "--repository", str(settings.repository),
              "--product", done.product, "--channel", channel)  # fmt: skip
    names = spec.with_suffix(NAMES_SUFFIX)
    if names.exists():
        _edge("names", "set", str(names), "--home", str(home))
    answers = [
        Result.from_json(json.loads(line))
        for line in _edge("parse", "--home", str(home), "--timing", *SENTENCES).splitlines()
    ]
    console.print(answer_table(answers))
    ask = f'Ask the device: trunkline-edge parse --home {home} "your sentence"\nLook inside:    trunkline ui'
    console.print(shown(ask), soft_wrap=True)
    if names.exists():
        console.print(shown(f"Its home:       {names}; yours: trunkline-edge names set FILE"), soft_wrap=True)


def _edge(*arguments: str) -> str:
    """Run the device runtime in a process of its own, as on a device; returns what it printed."""
    child = subprocess.run(
        [sys.executable, "-P", "-m", "trunkline_edge", *arguments], capture_output=True, text=True, check=False
    )
    if child.returncode != 0:
        raise DeviceFailed(f"trunkline-edge {arguments[0]}: {child.stderr.strip()}")
    return child.stdout


def answer_table(answers: list[Result]) -> Table:
    """Return a table of a device's answers, a row each."""
    table = Table(title="the device answers", title_justify="left")
    for column in ("sentence", "intent", "p", "slots", "ms"):
        table.add_column(column, justify="right" if column in ("p", "ms") else "left")
    for answer in answers:
        best = answer.intents[0] if answer.intents else None
        name = best.name if best else ", ".join(f"{head}: {found}" for head, found in answer.heads.items())
        slots = ", ".join(_slot_texts(best)) if best else ""
        p = f"{best.p:.3f}" if best else ""
        table.add_row(shown(answer.text), shown(name), p, shown(slots), f"{answer.ms:.2f}")
    return table


def _slot_texts(intent: Intent) -> list[str]:
    """Return each slot with its value, or with the id of what it names; in brackets what no words say."""
    said = [f"{slot.name}={slot.id or slot.value}{slot.unit or ''}" for slot in intent.slots]
    return said + [f"({slot}={value})" for slot, value in intent.unspoken.items()]
