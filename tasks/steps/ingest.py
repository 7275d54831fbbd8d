"""Files from devices and people into the product's store, and out of it: rows to train on, and what to label."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.logging import get_run_logger

from deploy.intake.queue import queue_lines, to_label
from deploy.intake.store import Store, Taken
from deploy.intake.take import take
from schemas.data.sources.records import DataRefused
from schemas.spec.product import Spec
from tasks.settings import Settings
from trunkline_edge.bundle.files import write_atomic

ROWS = "rows.jsonl"
TO_LABEL = "to_label.jsonl"


class FilesRefused(DataRefused):
    """Some files cannot be read at all; the others were taken in."""


def store_of(product: str) -> Store:
    """Return the store of a product in this home."""
    return Store(Settings.from_environment().store / product / "store.db")


@task
def take_in(spec: Spec, inbox: Path | None, now: datetime) -> list[Taken]:
    """Take in each file of a folder that was not taken yet; raises `FilesRefused` after the last, if any is no data."""
    settings = Settings.from_environment()
    folder = inbox or settings.inbox / spec.name
    files = sorted(path for path in folder.glob("*") if path.is_file() and not path.name.startswith("."))
    for place in sorted(path for path in folder.glob("[!.]*") if path.is_dir()):
        get_run_logger().warning("%s is a folder, which is not read: put its files into %s", place, folder)
    taken, refused = list[Taken](), list[str]()
    for file in files:
        try:
            taken.append(take(spec, file, store_of(spec.name), settings.quarantine, now))
        except DataRefused as error:
            refused.append(str(error))
    _report(spec.name, taken, refused)
    if refused:
        raise FilesRefused("; ".join(refused))
    return taken


@task
def write_out(spec: Spec) -> Path:
    """Write the rows for a spec to name as data, and the queue for a person to fill; returns where the queue is."""
    store = store_of(spec.name)
    folder = store.path.parent
    # The latest first: of two labels of a text, validation takes the first that it meets.
    write_atomic(folder / ROWS, "".join(f"{row}\n" for row in reversed(store.rows())).encode(), mode=0o600)
    waiting = to_label(store.heard(), store.labelled_keys())
    write_atomic(folder / TO_LABEL, queue_lines(spec, waiting).encode(), mode=0o600)
    get_run_logger().info("%d utterances wait for labels in %s", len(waiting), folder / TO_LABEL)
    return folder / TO_LABEL


def _report(product: str, taken: list[Taken], refused: list[str]) -> None:
    table: list[dict[str, object]] = [
        {
            "file": each.file,
            "read": each.read,
            "rows": each.rows,
            "heard": each.heard,
            "repeated": each.repeated,
            "to label": each.unlabelled,
            "quarantined": each.quarantined,
        }
        for each in taken
        if not each.is_known
    ]
    table += [{"file": message, "read": "refused"} for message in refused]
    create_table_artifact(
        key=f"{product.replace('_', '-')}-ingest",
        table=table,
        description=f"{len(taken)} files, {sum(each.is_known for each in taken)} of them taken before",
    )
