"""`trunkline-edge status`: what is installed, and how the last check went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trunkline_edge.bundle.store import load_manifest, read_state
from trunkline_edge.errors import BundleInvalid
from trunkline_edge.update.progress import NEVER, read_progress
from trunkline_edge.update.served import read_served

if TYPE_CHECKING:
    from rich.table import Table

INTENT = "intent"
"""The head whose threshold says what is not understood."""
BAD = "bad "
"""Begins the name of a line about a bundle that failed on this device."""


def status_of(home: Path) -> dict[str, object]:
    """Return all there is to say, as JSON has it."""
    state, progress = read_state(home), read_progress(home)
    status: dict[str, object] = {"home": str(home), "active": state.active, "previous": state.previous}
    if state.active is not None:
        manifest = load_manifest(home, state.active)
        served = read_served(home).get(state.active)
        origin = manifest.provenance
        status |= {
            "product": manifest.product,
            "version": origin.version,
            "created": origin.created,
            "bytes": manifest.size_bytes,
            "served": asdict(served) if served else None,
            "installed": _changed(home),
            "heads": [head.name for head in manifest.heads],
            "thresholds": {head.name: head.threshold for head in manifest.heads if head.threshold > 0},
            "quality": origin.quality,
            "cost": asdict(origin.cost) if origin.cost else None,
        }
    return status | {
        "before": _told(home, state.previous),
        "on_probation": progress.trying is not None and progress.trying == state.active,
        "failed": dict(progress.failed),
        "checked": None if progress.checked == NEVER else progress.checked.isoformat(timespec="seconds"),
        "signed": None if progress.known == NEVER else progress.known.isoformat(timespec="seconds"),
        "code": progress.code,
    }


def _changed(home: Path) -> str:
    """Return when the active bundle became active."""
    return datetime.fromtimestamp((home / "state.json").stat().st_mtime, UTC).isoformat(timespec="seconds")


def _told(home: Path, bundle_id: str | None) -> str | None:
    """Return product and version of a bundle, as far as its manifest is still here."""
    if bundle_id is None:
        return None
    try:
        manifest = load_manifest(home, bundle_id)
    except BundleInvalid:
        return f"{bundle_id[:12]}, no longer here"
    return f"{manifest.product} version {manifest.provenance.version}, {bundle_id[:12]}"


def as_lines(status: Mapping[str, Any], now: datetime | None = None) -> str:
    """Render a status for a person, as plain text."""
    return "\n".join(f"{name:<18}{value}" for name, value in _told_lines(status, now or datetime.now(UTC)).items())


def as_table(status: Mapping[str, Any], now: datetime | None = None) -> Table:
    """Render a status for a person's terminal: what asks for attention in colour, long lines broken beside their name.

    Needs the extra [rich].
    """
    from rich.table import Table  # made for this: it knows the terminal's width, colours, and when to leave them out
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for name, value in _told_lines(status, now or datetime.now(UTC)).items():
        table.add_row(Text(name, style="bold"), Text(value, style=_style(name, status)))  # Text: no markup from outside
    return table


def _style(name: str, status: Mapping[str, Any]) -> str:
    if name == "active":
        return "yellow" if status["active"] is None or status["on_probation"] else "green"
    if name == "last check":
        return "green" if status["code"] is None else "red"
    return "red" if name.startswith(BAD) else ""


def _told_lines(status: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Return what a person is told, by name."""
    lines = {"home": status["home"]}
    if status["active"] is None:
        lines["active"] = "nothing; run `trunkline-edge install FILE` or `update`"
    else:
        probation = ", on probation" if status["on_probation"] else ""
        lines["active"] = f"{status['product']} version {status['version']}, {str(status['active'])[:12]}{probation}"
        lines["installed"] = _ago(status["installed"], now)
        lines["heads"] = ", ".join(map(str, status["heads"]))
        lines["rejects"] = _rejects(status)
        if isinstance(served := status["served"], dict):
            lines["answered"] = (
                f"{served['answered']:,}, of these {served['rejected']:,} rejected, {served['failed']:,} failed"
            )
        lines["size"] = f"{status['bytes'] / 1e6:.1f} MB"
    lines["before"] = status["before"] or "nothing"
    for bundle_id, code in status["failed"].items():
        lines[f"{BAD}{bundle_id[:12]}"] = code
    lines["last contact"] = _ago(status["checked"], now)
    lines["signed"] = _ago(status["signed"], now)
    lines["last check"] = "well" if status["code"] is None else f"failed: {status['code']}"
    return lines


def _rejects(status: Mapping[str, Any]) -> str:
    """Say below what what was said counts as not understood, and what gets through all the same."""
    thresholds = status["thresholds"]
    if INTENT not in thresholds:
        return "nothing: no threshold was chosen for this bundle"
    told = f"an answer less sure than {thresholds[INTENT]:.2f}"
    found = status["quality"].get(INTENT, {})
    if "outside_accepted" not in found:
        return told
    outside, wished, wrong = (
        found[f"{name}"] / 100 for name in ("outside_accepted", "outside_wished", "wrong_accepted")
    )
    missed = ", more than wished" if outside > wished else ""
    through = f"{outside:.1f} % from outside (wished: {wished:.1f} %{missed}), {wrong:.1f} % of wrong answers"
    return f"{told}; lets through {through}"


def _ago(moment: object, now: datetime) -> str:
    if moment is None:
        return "never"
    minutes = (now - datetime.fromisoformat(str(moment))).total_seconds() / 60
    if minutes < 90:
        return "just now" if minutes < 1 else f"{minutes:.0f} minutes ago"
    hours = (now - datetime.fromisoformat(str(moment))).total_seconds() / 3600
    return f"{hours:.1f} hours ago" if hours < 48 else f"{hours / 24:.0f} days ago"
