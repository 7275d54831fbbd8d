"""Ingest: what devices and people send back, into the store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow

from deploy.intake.store import Taken
from flows.parameters import Moment
from schemas.spec.load import load_spec
from tasks.flow_run import tell_users_faults_in_a_sentence
from tasks.steps.ingest import take_in, write_out
from tasks.steps.notify import tell_of_end


@flow(name="ingest", log_prints=False, on_failure=[tell_of_end], on_crashed=[tell_of_end])
def ingest(spec_path: Path, inbox: Path | None = None, now: Moment | None = None) -> list[Taken]:
    """Take new files into the store, each line once, and write the rows to train on and the queue to label.

    Args:
        spec_path: the spec file, for example specs/home.yaml; its heads say what a label may be
        inbox: folder with the files; default: inbox/PRODUCT in the home
        now: when the files count as received, for data of earlier days; default: this moment; without a time zone: UTC
    """
    tell_users_faults_in_a_sentence()
    spec = load_spec(spec_path)
    received = now or datetime.now(UTC)
    # One broken file must not keep the others from being written out.
    taken = take_in(spec, inbox, received, return_state=True)
    write_out(spec)
    return taken.result()
