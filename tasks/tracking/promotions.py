"""What was promoted, when, by whom and why: an append-only file, and the one promotion that may be under way.

    <home>/promotions.jsonl              one line a promotion
    <home>/promotions/<product>.json     the intent: written before anything moves, removed when all has moved

Each line ends with `after`, the SHA-256 of all that stood before it in the file, so whoever changes or removes an
earlier line is found out by every later one. Lines from before it was there have none. What is cut off the end is not
seen. All products write into the one file, so whoever adds a line holds its lock while reading what stands before.

MLflow keeps no history of aliases, and moving an alias and a channel pointer are two writes. So the intent goes first,
and whoever finds one left by a killed process carries it out.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from schemas.errors import TrunklineError
from trunkline_edge.bundle.files import write_atomic

AFTER = "after"
How = Literal["verdict", "person", "rollback"]


class PromotionUnfinished(TrunklineError):
    """A promotion was begun and cannot be brought to its end; the message says where it is written and what to do."""


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
    how: How = "verdict"
    """Lines from before this field was there are all of verdicts."""


@dataclass(frozen=True)
class History:
    """What the log holds."""

    promotions: tuple[Promotion, ...]
    """Oldest first."""
    unreadable: tuple[int, ...]
    """Numbers, from 1, of lines that are no promotions. They stay in the file."""
    changed_before: tuple[int, ...] = ()
    """Numbers of lines before which something was changed after they were written."""


_PROMOTION = TypeAdapter(Promotion)


def intend(
    home: Path, *, product: str, channel: str, bundle_id: str, version: int,
    replaced: str | None, replaced_version: int | None, why: tuple[str, ...], how: How, now: datetime | None = None,
) -> Promotion:  # fmt: skip
    """Write down a promotion before it happens; `now` is when it does, None: this moment."""
    promotion = Promotion(
        product=product,
        channel=channel,
        bundle_id=bundle_id,
        version=version,
        replaced=replaced,
        replaced_version=replaced_version,
        why=why,
        who=this_person(),
        when=(now or datetime.now(UTC)).isoformat(timespec="seconds"),
        how=how,
    )
    write_atomic(_intent(home, product), json.dumps(asdict(promotion), indent=1).encode())
    return promotion


def intended(home: Path, product: str) -> Promotion | None:
    """Return the promotion that is under way, or was when its process died.

    Raises `PromotionUnfinished` when the intent cannot be read: nothing else says what was begun.
    """
    path = _intent(home, product)
    try:
        return _PROMOTION.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise PromotionUnfinished(
            f"{path} says which promotion of {product} was under way when a process died, and cannot be read "
            f"({_in_short(error)}). Move it out of {path.parent} to go on: the champion is then what the channel "
            "pointer names, and the log may lack this one promotion"
        ) from None


def conclude(home: Path, promotion: Promotion) -> None:
    """Add the promotion to the log, once, and drop the intent.

    Raises `PromotionUnfinished` when the log cannot be written; the intent stays, and the next retrain concludes it.
    """
    try:
        with _log_lock(home):
            if promotion not in read_history(home).promotions:
                _append(home, promotion)
        _intent(home, promotion.product).unlink(missing_ok=True)
    except OSError as error:
        raise PromotionUnfinished(
            f"version {promotion.version} of {promotion.product} is champion, but {_log(home)} could not be written: "
            f"{error.strerror}. Nothing is lost: once that is mended, the next retrain writes the line"
        ) from None


def _append(home: Path, promotion: Promotion) -> None:
    before = _raw_log(home)
    mend = b"" if before[-1:] in (b"", b"\n") else b"\n"  # a line that was cut short must not swallow this one
    chained = {**asdict(promotion), AFTER: hashlib.sha256(before + mend).hexdigest()}
    with _log(home).open("ab") as file:
        file.write(mend + json.dumps(chained, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_history(home: Path) -> History:
    """Return all promotions on record.

    A line that a kill or a full disk cut short has been written again after it; it is not told. Any other line that is
    no promotion is.
    """
    lines = _raw_log(home).splitlines(keepends=True)
    found, unreadable, changed = list[Promotion](), list[int](), list[int]()
    before = hashlib.sha256()
    for number, line in enumerate(lines, start=1):
        try:
            found.append(_PROMOTION.validate_json(line))
            if json.loads(line).get(AFTER, before.hexdigest()) != before.hexdigest():
                changed.append(number)
        except ValidationError:
            # Written again, it says the same up to `after`, since what stands before it is more.
            told = line.rstrip(b"\n").partition(f', "{AFTER}'.encode())[0]
            if not any(later.startswith(told) for later in lines[number:]):
                unreadable.append(number)
        before.update(line)
    return History(tuple(found), tuple(unreadable), tuple(changed))


def one_before(history: Iterable[Promotion], product: str, channel: str, in_force: str | None) -> Promotion | None:
    """Return the promotion to go back to from the champion in force; None where none is on record.

    A rollback undoes what came after its champion, so that the next one goes further back and not forth again.
    """
    line: list[Promotion] = []
    for promotion in history:
        if (promotion.product, promotion.channel) != (product, channel):
            continue
        if promotion.how == "rollback":
            while line and line[-1].bundle_id != promotion.bundle_id:
                line.pop()
        if not line or line[-1].bundle_id != promotion.bundle_id:
            line.append(promotion)
    ids = [promotion.bundle_id for promotion in line]
    if in_force not in ids:  # its line was lost
        return line[-1] if line else None
    here = len(ids) - 1 - ids[::-1].index(in_force)
    return line[here - 1] if here else None


def taken_out(history: Iterable[Promotion], product: str, channel: str, bundle_id: str) -> Promotion | None:
    """Return the line by which a person took a bundle out of force; None where nobody did, or it came back since."""
    out = None
    for promotion in history:
        if (promotion.product, promotion.channel) != (product, channel):
            continue
        if promotion.bundle_id == bundle_id:
            out = None
        elif promotion.replaced == bundle_id and promotion.how != "verdict":
            out = promotion
    return out


def this_person() -> str:
    """Return who runs this process, and where."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def _in_short(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return " ".join([*map(str, first["loc"]), first["msg"]])


def _raw_log(home: Path) -> bytes:
    return _log(home).read_bytes() if _log(home).exists() else b""


def _log(home: Path) -> Path:
    return home / "promotions.jsonl"


def _log_lock(home: Path) -> FileLock:
    locks = home / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    return FileLock(locks / "promotions.lock")


def _intent(home: Path, product: str) -> Path:
    return home / "promotions" / f"{product}.json"
