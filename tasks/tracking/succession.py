"""How one champion follows another: always under the registry's lock, always by an intent that outlives a kill.

The channel pointer is what devices follow, so it is the truth; the channel's champion alias is its image in MLflow.
`now` is the date that the log gives a promotion; None: the moment at which it happens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from deploy.evaluation.verdict import Verdict
from deploy.repository.channels import point, publish, self_test, try_on_device
from schemas.errors import UserError
from schemas.spec.product import DEFAULT_CHANNEL
from tasks.records import Champion
from tasks.settings import Settings
from tasks.tracking import runs as tracking
from tasks.tracking.champion import champion_as, champion_of
from tasks.tracking.promotions import How, Promotion, conclude, intend, intended, one_before, read_history
from tasks.tracking.registry import (
    BUNDLE,
    PROMOTED_BY,
    VERDICT,
    champion_alias,
    folder_of,
    registry_lock,
    version_with,
    versions,
)
from trunkline_edge.errors import BundleInvalid


class CannotPromote(UserError):
    """What a person asked to become champion cannot; the message says why and what could."""


@dataclass(frozen=True)
class Channel:
    """A channel of a product: what a champion is champion of."""

    product: str
    name: str
    settings: Settings = field(default_factory=Settings.from_environment)

    def in_force(self) -> str | None:
        """Return the bundle id of the champion."""
        champion = champion_of(self.settings.repository, self.product, self.name)
        return champion.bundle_id if champion else None


def finish_begun(channel: Channel) -> str | None:
    """Carry out the promotion that a killed process began, and let the alias follow the pointer.

    Returns what a person should know: that somebody has moved the alias by hand, which moves no device.
    """
    with registry_lock(channel.settings, channel.product):
        _finish_begun(channel)
        return _follow_pointer(channel)


def promote_judged(
    channel: Channel, bundle: Path, version: int, verdict: Verdict, now: datetime | None = None
) -> Champion | None:
    """Make a built bundle champion if the champion is still the one that it was judged against.

    Returns None, with nothing moved, when another one is in force: the verdict says nothing about that one.
    """
    manifest = publish(channel.settings.repository, bundle, version)
    with registry_lock(channel.settings, channel.product):
        _finish_begun(channel)
        if channel.in_force() != verdict.against:
            return None
        _succeed(channel, manifest.bundle_id, version, verdict.reasons, "verdict", now)
    return champion_as(manifest)


def promote_version(channel: Channel, version: int, why: str, now: datetime | None = None) -> Promotion:
    """Make a registered version champion because a person says so; its own verdict is written beside the reason.

    Raises:
        CannotPromote: no such version, it is the champion, or a skill.
        BundleInvalid: its files are not the ones that were registered.
        HealthFailed, RequirementUnmet: it fails its self-test.
    """
    found = _registered(channel.product, version)
    bundle_id = found.tags[BUNDLE]
    bundle = _bundle_of(found)
    manifest = try_on_device(bundle)
    if manifest.bundle_id != bundle_id:
        raise BundleInvalid(
            f"version {version} of {channel.product} was registered as bundle {bundle_id[:12]}, but its files are "
            f"bundle {manifest.bundle_id[:12]}"
        )
    publish(channel.settings.repository, bundle, version)
    with registry_lock(channel.settings, channel.product):
        _finish_begun(channel)
        if channel.in_force() == bundle_id:
            raise CannotPromote(f"version {version} of {channel.product} is the champion of {channel.name} already")
        overridden = f"its verdict was: {found.tags.get(VERDICT, 'none')}"
        return _succeed(channel, bundle_id, version, (why, overridden), "person", now)


def roll_back(channel: Channel, why: str, now: datetime | None = None) -> Promotion:
    """Make the champion before this one champion again; doing it twice goes back by two.

    Raises:
        CannotPromote: no champion before is on record.
        HealthFailed, RequirementUnmet: its files are damaged or gone, or it fails its self-test.
    """
    with registry_lock(channel.settings, channel.product):
        _finish_begun(channel)
        before = one_before(
            read_history(channel.settings.home).promotions, channel.product, channel.name, channel.in_force()
        )
        if before is None:
            raise CannotPromote(
                f"no champion of {channel.product} on channel {channel.name} came before this one; "
                f"`trunkline history --product {channel.product}` shows all, `trunkline promote` takes any version"
            )
        # Under the lock, unlike elsewhere: which one comes before may change, and there is no verdict to lose.
        self_test(channel.settings.repository, before.bundle_id)
        return _succeed(channel, before.bundle_id, before.version, (why,), "rollback", now)


def _succeed(
    channel: Channel, bundle_id: str, version: int, why: tuple[str, ...], how: How, now: datetime | None
) -> Promotion:
    in_force = channel.in_force()
    replaced = version_with(channel.product, in_force) if in_force else None
    promotion = intend(
        channel.settings.home,
        product=channel.product,
        channel=channel.name,
        bundle_id=bundle_id,
        version=version,
        replaced=in_force,
        replaced_version=int(replaced.version) if replaced else None,
        why=why,
        how=how,
        now=now,
    )
    _carry_out(channel.settings, promotion)
    return promotion


def _finish_begun(channel: Channel) -> None:
    if (promotion := intended(channel.settings.home, channel.product)) is not None:
        _carry_out(channel.settings, promotion)


def _carry_out(settings: Settings, promotion: Promotion) -> None:
    """Do all parts of a promotion; each may have been done before. The bundle is in the repository by now."""
    client = tracking.connect()
    point(settings.repository, promotion.product, promotion.channel, promotion.bundle_id)
    found = version_with(promotion.product, promotion.bundle_id)
    if found is not None:  # else the registry has been emptied; the next register finds it missing and makes it again
        number = str(found.version)
        client.set_registered_model_alias(promotion.product, champion_alias(promotion.channel), number)
        tags = {
            "channel": promotion.channel,
            "promoted_at": promotion.when,
            PROMOTED_BY: promotion.who,
            "promoted_why": "; ".join(promotion.why),
            "replaced": str(promotion.replaced_version or "none"),
        }
        for name, value in tags.items():
            client.set_model_version_tag(promotion.product, number, name, value)
    conclude(settings.home, promotion)


def _follow_pointer(channel: Channel) -> str | None:
    in_force = channel.in_force()
    found = version_with(channel.product, in_force) if in_force else None
    if found is None:
        return None
    client, alias = tracking.connect(), champion_alias(channel.name)
    moved_to = client.get_registered_model(channel.product).aliases.get(alias)
    if str(moved_to) == str(found.version):
        return None
    client.set_registered_model_alias(channel.product, alias, str(found.version))
    if moved_to is None:  # the registry was emptied, or the alias was lost with a version
        return None
    there = "" if channel.name == DEFAULT_CHANNEL else f" --channel {channel.name}"
    return (
        f"MLflow's alias `{alias}` of {channel.product} was moved by hand to version {moved_to}; devices on channel "
        f"{channel.name} run version {found.version}, so it is back there. If {moved_to} is meant: `trunkline promote "
        f"{moved_to} --product {channel.product}{there} --reason TEXT`"
    )


def _registered(product: str, version: int) -> ModelVersion:
    base, tilde, skill = product.partition("~")
    if tilde:
        raise CannotPromote(
            f"{product} is a skill, and no channel has one for its champion; `trunkline skill add {skill} --on {base}` "
            "lets this machine answer with it"
        )
    known = {int(found.version): found for found in versions(product) if BUNDLE in found.tags}
    if version not in known:
        numbers = ", ".join(map(str, sorted(known))) or "none; `trunkline retrain SPEC` makes one"
        raise CannotPromote(f"{product} has no version {version} in the registry; registered: {numbers}")
    return known[version]


def _bundle_of(found: ModelVersion) -> Path:
    """Return the bundle's folder among the files that were logged with a version."""
    try:
        return folder_of(found)
    except (MlflowException, OSError, KeyError) as error:
        raise BundleInvalid(f"the files of version {found.version} of {found.name} cannot be read: {error}") from None
