"""Everything that can go wrong on a device.

TrunklineEdgeError
├── BundleInvalid        the bundle's own words are wrong: manifest, shapes, golden answers
│   ├── DigestMismatch   a file is not the one the manifest names
│   └── BundleTooNew     a manifest of a schema that this package does not read
├── RequirementUnmet     install.requires     a sound bundle that this device cannot run
├── InputRefused         the text given is no utterance
├── NamesRefused         a file of this device's names is none
├── NamesUnreachable     who should tell the names does not answer, or not with names
├── SkillRefused         a skill is none, stands on another trunk, or is not installed here
├── NothingInstalled     no bundle is active
├── ServiceBusy          a service has more to answer than it can
├── ServiceRefused       a service cannot start as it was asked to
├── UpdateRunning        another process changes what is installed
└── UpdateFailed         a check for a new bundle came to nothing; what is active goes on
    ├── Unreachable          update.unreachable   server down, slow, cut off, or sending elsewhere
    ├── Expired              update.expired       what is served is signed, and too old
    ├── ClockWrong           update.clock         this device's time is before what it knows to be past
    ├── RolledBack           update.rollback      older than what this device has seen
    ├── SignatureRefused     update.signature     not signed by the keys that may
    ├── ContentRefused       update.content       not the file that was signed for
    ├── NotPublished         update.missing       the channel names nothing, or what it names is not there
    │   └── NoSuchChannel        update.missing       the call names a product or channel that is not there
    ├── NoSpace              install.space        the disk is full
    ├── Interrupted          update.interrupted   somebody stopped the test of the new bundle
    ├── HealthFailed         health.*             the new bundle failed its test on this device
    │   ├── LoadFailed           health.load
    │   ├── GoldenFailed         health.golden
    │   ├── TooSlow              health.latency
    │   ├── TooMuchMemory        health.memory
    │   └── Crashed              health.crash
    ├── ProbationFailed      switch.probation     it was rejected after the switch
    └── BootCorrupt          boot.corrupt         nothing on this device is whole
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class TrunklineEdgeError(Exception):
    """Base of all errors of this package."""

    exit_code: ClassVar[int] = 1
    """Of the command that meets it: 1 where the device or the bundle is at fault, 2 where the call is."""


class BundleInvalid(TrunklineEdgeError):
    """A bundle contradicts itself or its schema."""


class DigestMismatch(BundleInvalid):
    """A file's bytes are not the ones that the manifest names."""


class BundleTooNew(BundleInvalid):
    """The manifest is of a schema that only newer versions of this package read."""


class RequirementUnmet(TrunklineEdgeError):
    """The bundle asks for more than this device has."""

    code: ClassVar[str] = "install.requires"


class InputRefused(TrunklineEdgeError):
    """The input is not a text that can be parsed."""

    exit_code: ClassVar[int] = 2


class NamesRefused(TrunklineEdgeError):
    """The names are not in the form that `trunkline_edge.understanding.names` reads."""

    exit_code: ClassVar[int] = 2


class NamesUnreachable(TrunklineEdgeError):
    """Home Assistant is not there, or what is there does not answer as Home Assistant does."""


class SkillRefused(TrunklineEdgeError):
    """The skill is none, stands on another trunk, or is not installed here."""

    exit_code: ClassVar[int] = 2


class NothingInstalled(TrunklineEdgeError):
    """No bundle is active in this home."""

    @classmethod
    def in_home(cls, home: Path) -> NothingInstalled:
        """Return the error with what to do next, for whoever typed a command."""
        return cls(
            f"no bundle is active in {home}; run `trunkline-edge install FILE` or `update` first, or name another "
            "folder with --home"
        )


class ServiceBusy(TrunklineEdgeError):
    """A service refuses a request that it could not answer in time."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """When it is worth asking again."""


class ServiceRefused(TrunklineEdgeError):
    """A service cannot start as it was asked to: a port, a token or a mapping file is no good."""

    exit_code: ClassVar[int] = 2


class UpdateRunning(TrunklineEdgeError):
    """Another process is updating this home."""


class UpdateFailed(TrunklineEdgeError):
    """A check for a new bundle failed; the active bundle is as it was."""

    code: ClassVar[str]
    """What a report carries; says what failed without a word of the message."""
    is_passing: ClassVar[bool] = False
    """Does trying again soon make sense, without anything having changed on the server?"""


class Unreachable(UpdateFailed):
    """The server does not answer, or not in time, or not with what was asked for."""

    code = "update.unreachable"
    is_passing = True


class Expired(UpdateFailed):
    """All is signed, but nobody has signed it again in time: the server is stale, or someone holds releases back."""

    code = "update.expired"


class ClockWrong(UpdateFailed):
    """With a late clock, old releases would pass as fresh; so nothing is checked until it is set."""

    code = "update.clock"
    is_passing = True


class RolledBack(UpdateFailed):
    """The server offers something older than it offered before."""

    code = "update.rollback"


class SignatureRefused(UpdateFailed):
    """Too few of the keys that may sign this have signed it."""

    code = "update.signature"


class ContentRefused(UpdateFailed):
    """A file has another length or hash than was signed, or cannot be read as what it should be."""

    code = "update.content"
    is_passing = True


class NotPublished(UpdateFailed):
    """The channel does not name a bundle of this product, or a file behind it is not there."""

    code = "update.missing"


class NoSuchChannel(NotPublished):
    """The call names a repository, product or channel that is not there."""

    exit_code = 2


class NoSpace(UpdateFailed):
    """The disk has no room for the new files."""

    code = "install.space"


class Interrupted(UpdateFailed):
    """Somebody stopped the test of a bundle, which says nothing of the bundle; the next check tests it again."""

    code = "update.interrupted"
    is_passing = True


class HealthFailed(UpdateFailed):
    """The new bundle failed its test on this device; it is not tried again."""


class LoadFailed(HealthFailed):
    """It does not load."""

    code = "health.load"


class GoldenFailed(HealthFailed):
    """It does not repeat its golden answers."""

    code = "health.golden"


class TooSlow(HealthFailed):
    """Its answers take too long, or never come."""

    code = "health.latency"


class TooMuchMemory(HealthFailed):
    """It takes more memory than it may."""

    code = "health.memory"


class Crashed(HealthFailed):
    """The process that tried it died."""

    code = "health.crash"


class ProbationFailed(UpdateFailed):
    """It passed the test and was rejected later, or the device kept dying with it."""

    code = "switch.probation"


class BootCorrupt(UpdateFailed):
    """Neither the active bundle nor the one before it nor a factory bundle is whole."""

    code = "boot.corrupt"
