"""One retrain of a product at a time in a home: a second one waits for its turn, and says for whom.

Steps, registry and pointer have locks of their own, so nothing would break; but two at once take each other's cores,
and both would be judged against a champion that the first is about to replace.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
from filelock import FileLock, Timeout
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from pydantic import TypeAdapter, ValidationError

from tasks.flow_run import say
from tasks.processes import is_dead, this_process
from tasks.progress import Noticed, tell
from tasks.settings import Settings
from trunkline_edge.bundle.files import write_atomic

LOOK_S = 1.0
"""How long a turn is waited for before its holder is looked up, and again whether it is still the same."""


@dataclass(frozen=True)
class Holder:
    """Whose turn it is."""

    run_id: str
    name: str
    """Of the flow run when its turn began; later it is named after its rows."""
    process: str

    def in_words(self) -> str:
        """Name the flow run as its page is called by now."""
        if not self.run_id:
            return f"process {self.process}"
        name = self.name
        with suppress(httpx.HTTPError, ObjectNotFound), get_client(sync_client=True) as client:
            name = client.read_flow_run(UUID(self.run_id)).name
        return f"flow run {name!r} ({self.run_id}), process {self.process}"


_HOLDER = TypeAdapter(Holder)


@contextmanager
def turn(product: str) -> Iterator[None]:
    """Keep other retrains of the product waiting while this block lasts; the kernel lets the next in after a kill."""
    settings = Settings.from_environment()
    settings.locks.mkdir(parents=True, exist_ok=True)
    lock, note = FileLock(settings.locks / f"retrain-{product}.lock"), settings.locks / f"retrain-{product}.json"
    _wait(lock, note, product)
    try:
        write_atomic(note, _HOLDER.dump_json(Holder(flow_run.id or "", flow_run.name or "", this_process())))
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _wait(lock: FileLock, note: Path, product: str) -> None:
    told: Holder | None = None
    while True:
        try:
            lock.acquire(timeout=LOOK_S)
            return
        except Timeout:
            holder = _read(note)
            if holder is not None and holder != told:
                told = holder
                text = f"{product}: waits for {holder.in_words()}, which retrains it"
                tell(Noticed(text))
                say(text)


def _read(note: Path) -> Holder | None:
    """Return who holds the turn; None where nobody has said so yet, or whoever did was killed."""
    try:
        holder = _HOLDER.validate_json(note.read_bytes())
    except (OSError, ValidationError):
        return None
    return None if is_dead(holder.process) else holder
