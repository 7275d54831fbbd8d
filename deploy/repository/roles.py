"""Who may sign what: the roles of the signed repository, their keys, their lives, and the paths that each may name.

    root ── keys of the four below it
      targets ── only delegations
        models             m/*                    bundle files and manifests, signed by the pipeline
          models-<bin>     of many files each a share; signed with the key of `models`
        channel-<name>     channels/<name>/*      pointers, one a product: which bundle devices of this channel run
        author-<name>      skills/<name>/*        what an author outside the team publishes
      snapshot ── versions of all the above
      timestamp ── version of the snapshot

The pipeline can publish files but moves no pointer: a channel has a key of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.errors import UserError

MODELS = "models"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class NameRefused(UserError):
    """A channel, product or author has a name that paths and roles cannot carry."""


@dataclass(frozen=True)
class SigningRule:
    """How a role is signed."""

    keys: int
    threshold: int
    days: int
    """Life of its metadata; devices refuse it later, so nobody can hold releases back for longer."""
    is_offline: bool
    """Its keys are for a person, who may lock them with a passphrase; the others sign unattended."""


_RULES = {
    "root": SigningRule(keys=3, threshold=2, days=365, is_offline=True),
    "targets": SigningRule(keys=2, threshold=2, days=90, is_offline=True),
    "models": SigningRule(keys=1, threshold=1, days=30, is_offline=False),
    "channel": SigningRule(keys=1, threshold=1, days=7, is_offline=True),
    "author": SigningRule(keys=1, threshold=1, days=90, is_offline=False),
    "snapshot": SigningRule(keys=1, threshold=1, days=7, is_offline=False),
    "timestamp": SigningRule(keys=1, threshold=1, days=7, is_offline=False),
}
TOP_ROLES = ("root", "targets", "snapshot", "timestamp")


def rule_of(role: str) -> SigningRule:
    """Return how a role is signed; those of channels and authors by their kind."""
    return _RULES[role.partition("-")[0]]


def key_role(role: str) -> str:
    """Return the role whose keys sign this one: for a hash bin that is `models`, for all others themselves."""
    return MODELS if role.startswith(f"{MODELS}-") else role


def paths_of(role: str) -> list[str]:
    """Return the patterns of target paths that a delegated role may name; `*` does not cross a slash."""
    kind, _, name = role.partition("-")
    return {"models": ["m/*"], "channel": [f"channels/{name}/*"], "author": [f"skills/{name}/*"]}[kind]


def channel_role(channel: str) -> str:
    """Return the role of a channel; raises `NameRefused`."""
    return f"channel-{checked_name(channel)}"


def author_role(author: str) -> str:
    """Return the role of an author; raises `NameRefused`."""
    return f"author-{checked_name(author)}"


def checked_name(name: str) -> str:
    """Return the name; raises `NameRefused` where it could leave its folder or be more than one path part."""
    if not _NAME.fullmatch(name):
        raise NameRefused(f"name {name!r}: expected lower-case letters, digits, `-` and `_`, at most 64")
    return name


def expiry(role: str, now: datetime) -> datetime:
    """Return when metadata signed now expires."""
    return (now + timedelta(days=rule_of(role).days)).replace(microsecond=0)


def is_due(role: str, expires: datetime, now: datetime) -> bool:
    """Should this role be signed again? Yes in the second half of its life."""
    return expires - now < timedelta(days=rule_of(role).days) / 2
