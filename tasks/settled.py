"""Has a retrain nothing to do? The step cache and the registry tell, without a flow, its server, torch or Prefect."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.evaluation.verdict import champion_already
from schemas.spec.product import Spec
from tasks.cache.in_use import use_home
from tasks.cache.keys import wanted_by
from tasks.cache.origin import origin_of
from tasks.cache.store import FinishedStep
from tasks.chain import CHAIN, look_up
from tasks.progress import Skipped
from tasks.records import Registered, Retrained
from tasks.settings import Settings
from tasks.tracking.champion import champion_of
from tasks.tracking.promotions import intended


@dataclass(frozen=True)
class Settled:
    """A retrain that would change nothing."""

    skipped: tuple[Skipped, ...]
    """Its steps, all done before."""
    outcome: Retrained


def find_settled(spec: Spec, settings: Settings) -> Settled | None:
    """Return how a retrain would end whose every step is done and whose bundle is the champion; None for any other.

    The registry is asked too: where its alias was moved by hand, or its version is gone, the flow has work to do.
    """
    use_home(settings)
    champion = champion_of(settings.repository, spec.name, spec.release.channel)
    steps = list(look_up({"spec": spec, "origin": origin_of(spec, champion, settings.cache)}, settings.cache))
    done = {each.step: each.found for each in steps if isinstance(each.found, FinishedStep)}
    if len(done) < len(steps) or champion is None or intended(settings.home, spec.name) is not None:
        return None
    made = {link.makes: done[link.step].record for link in CHAIN if link.step in done}
    if made["bundle"].bundle_id != champion.bundle_id:
        return None
    from tasks.tracking.registry import BUNDLE, champion_version  # loads MLflow, which takes seconds

    found = champion_version(spec.name, spec.release.channel)
    if found is None or found.tags.get(BUNDLE) != champion.bundle_id:
        return None
    outcome = Retrained(
        product=spec.name,
        judged=champion_already(champion.bundle_id),
        registered=Registered(spec.name, int(found.version), f"models:/{spec.name}/{found.version}"),
        run_id=str(found.run_id),
        in_force=champion,
        **wanted_by(Retrained, made),
    )
    return Settled(tuple(Skipped(step, each.finished_at) for step, each in done.items() if " " not in step), outcome)
