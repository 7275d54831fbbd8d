"""The signed repository kept fresh."""

from __future__ import annotations

from prefect import task
from prefect.logging import get_run_logger

from deploy.repository import release
from deploy.repository.release import Refreshed, RoleState
from schemas.errors import UserError
from tasks.settings import Settings
from tasks.tracking.published import signed_repository


class ExpiresSoon(UserError):
    """Devices will soon refuse the repository, and the keys that could help are not here."""


@task
def sign_due() -> Refreshed:
    """Sign again what is in the second half of its life."""
    done = release.refresh(signed_repository(Settings.from_environment()))
    get_run_logger().info("signed: %s", ", ".join(done.signed) or "nothing was due")
    return done


@task
def check_days(done: Refreshed, warn_days: float) -> list[RoleState]:
    """Return how all roles stand, soonest to expire first; raises `ExpiresSoon` where one has fewer days than that."""
    states = sorted(release.status(signed_repository(Settings.from_environment())), key=lambda state: state.days_left)
    soon = [state for state in states if state.days_left < warn_days]
    for state in soon:
        get_run_logger().warning("%s expires in %s days", state.role, state.days_left)
    if soon:
        lines = [
            f"{state.role} expires in {state.days_left} days"
            + (f": {done.unsigned[state.role]}" if state.role in done.unsigned else "")
            for state in soon
        ]
        raise ExpiresSoon(f"{'; '.join(lines)}; run `trunkline release refresh` where these keys are")
    return states
