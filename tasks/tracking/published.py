"""What this home ships to devices: its signed repository, and the desk that steers rollouts. Light to import."""

from __future__ import annotations

import os

from deploy.repository.keys import PASSPHRASE, KeyFolder
from deploy.repository.signed import SignedRepository
from deploy.rollout.moves import Desk
from deploy.rollout.store import ReportStore
from tasks.settings import Settings


def signed_repository(settings: Settings) -> SignedRepository:
    """Return the repository with the keys that are here; a passphrase for those of a person is in the environment."""
    passphrase = os.environ.get(PASSPHRASE, "").encode() or None
    return SignedRepository(settings.published, KeyFolder(settings.keys, passphrase))


def rollout_desk(settings: Settings) -> Desk:
    """Return all that steering a rollout takes."""
    return Desk(signed_repository(settings), settings.rollouts, ReportStore(settings.reports))
