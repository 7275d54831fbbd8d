"""Refresh: what is signed is signed again before it expires."""

from __future__ import annotations

from prefect import flow

from deploy.repository.release import RoleState
from tasks.flow_run import tell_users_faults_in_a_sentence
from tasks.steps.refresh import check_days, sign_due


@flow(name="refresh", log_prints=False)
def refresh(warn_days: float = 3.0) -> list[RoleState]:
    """Sign again what the keys at hand can; fails, for whoever watches flow runs, days before something expires.

    Args:
        warn_days: what has fewer days left after signing makes the run fail
    """
    tell_users_faults_in_a_sentence()
    done = sign_due()
    return check_days(done, warn_days)
