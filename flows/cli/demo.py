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

SENTENCES = (
    "turn off the lamp in the guest room",
    "set the snuggery to half brightness please",
    "is the kitchen ligth on",
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
    answers = [json.loads(line) for line in _edge("parse", "--home", str(home), "--timing", *SENTENCES).splitlines()]
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


def answer_table(answers: list[dict[str, object]]) -> Table:
    """Return a table of a device's answers, a row each."""
    table = Table(title="the device answers", title_justify="left")
    for column, justify in (
        ("sentence", "left"),
        ("intent", "left"),
        ("p", "right"),
        ("slots", "left"),
        ("ms", "right"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for answer in answers:
        intents: list[dict[str, object]] = answer["intents"]  # type: ignore[assignment]
        best = intents[0] if intents else {"name": str(answer["heads"]), "p": None, "slots": []}
        slots = ", ".join(
            [_slot_text(slot) for slot in best["slots"]]  # type: ignore[attr-defined]
            + [f"({slot}={value})" for slot, value in best.get("unspoken", {}).items()]  # type: ignore[attr-defined]
        )
        p = "" if best["p"] is None else f"{best['p']:.3f}"
        table.add_row(shown(str(answer["text"])), shown(str(best["name"])), p, shown(slots), f"{answer['ms']:.2f}")
    return table


def _slot_text(slot: dict[str, object]) -> str:
    """Return a slot with its value, or with the id of what it names."""
    value = slot.get("id") or slot["value"]
    return f"{slot['name']}={value}{slot.get('unit', '')}"
