"""What was promoted, when, by whom and why: an append-only file, and the one promotion that may be under way.

    <home>/promotions.jsonl              one line a promotion
    <home>/promotions/<product>.json     the intent: written before anything moves, removed when all has moved

MLflow keeps no history of aliases, and moving an alias and a channel pointer are two writes. So the intent goes first,
and whoever finds one left by a killed process carries it out.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from trunkline_edge.bundle.store import write_atomic


@dataclass(frozen=True)
class Promotion:
    """A bundle takes the place of another."""

    product: str
    channel: str
    bundle_id: str
    version: int
    """Of the MLflow registry."""
    replaced: str | None
    """Bundle id in force before."""
    replaced_version: int | None
    why: tuple[str, ...]
    who: str
    when: str
    """UTC, ISO 8601."""


def intend(
    home: Path, *, product: str, channel: str, bundle_id: str, version: int,
    replaced: str | None, replaced_version: int | None, why: tuple[str, ...],
) -> Promotion:  # fmt: skip
    """Write down a promotion before it happens."""
    promotion = Promotion(
        product=product,
        channel=channel,
        bundle_id=bundle_id,
        version=version,
        replaced=replaced,
        replaced_version=replaced_version,
        why=why,
        who=f"{getpass.getuser()}@{socket.gethostname()}",
        when=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_atomic(_intent(home, product), json.dumps(asdict(promotion), indent=1).encode())
    return promotion


def intended(home: Path, product: str) -> Promotion | None:
    """Return the promotion that is under way, or was when its process died."""
    try:
        value = json.loads(_intent(home, product).read_bytes())
    except FileNotFoundError:
        return None
    return Promotion(**{**value, "why": tuple(value["why"])})


def conclude(home: Path, promotion: Promotion) -> None:
    """Add the promotion to the log, once, and drop the intent."""
    if promotion not in promotions(home):
        line = json.dumps(asdict(promotion), ensure_ascii=False) + "\n"
        is_torn = _log(home).exists() and not _log(home).read_bytes().endswith(b"\n")
        with _log(home).open("ab") as file:
            file.write(b"\n" * is_torn + line.encode())  # a line that a kill cut short must not swallow this one
            file.flush()
            os.fsync(file.fileno())
    _intent(home, promotion.product).unlink(missing_ok=True)


def promotions(home: Path) -> list[Promotion]:
    """Return all promotions, oldest first. A line that a kill cut short is passed over: it is written again."""
    found = []
    raw = _log(home).read_bytes() if _log(home).exists() else b""
    for line in raw.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        found.append(Promotion(**{**value, "why": tuple(value["why"])}))
    return found


def _log(home: Path) -> Path:
    return home / "promotions.jsonl"


def _intent(home: Path, product: str) -> Path:
    return home / "promotions" / f"{product}.json"
