"""Rollout: from devices' reports to the next stage, or back."""

from __future__ import annotations

from prefect import flow

from deploy.rollout.records import Move
from tasks.flow_run import tell_users_faults_in_a_sentence
from tasks.steps.rollout import act, look, tell


@flow(name="rollout", log_prints=False)
def rollout(product: str, channel: str = "stable") -> Move | None:
    """Look once at a rollout that is under way, and do what its plan says; `trunkline rollout start` begins one.

    Args:
        product: name in the registry
        channel: of the signed repository
    """
    tell_users_faults_in_a_sentence()
    standing = look(product, channel)
    if standing is None:
        return None
    done = act(standing)
    tell(standing, done)
    return done
