"""Everything that can go wrong on a device.

TrunklineEdgeError
├── BundleInvalid        the bundle's own words are wrong: manifest, shapes, golden answers
│   └── DigestMismatch   a file is not the one the manifest names
├── RequirementUnmet     a sound bundle that this device cannot run
├── InputRefused         the text given is no utterance
├── NothingInstalled     no bundle is active
├── ServiceBusy          a service has more to answer than it can
└── ServiceRefused       a service cannot start as it was asked to
"""

from __future__ import annotations

from typing import ClassVar


class TrunklineEdgeError(Exception):
    """Base of all errors of this package."""

    exit_code: ClassVar[int] = 1
    """Of the command that meets it: 1 where the device or the bundle is at fault, 2 where the call is."""


class BundleInvalid(TrunklineEdgeError):
    """A bundle contradicts itself or its schema."""


class DigestMismatch(BundleInvalid):
    """A file's bytes are not the ones that the manifest names."""


class RequirementUnmet(TrunklineEdgeError):
    """The bundle asks for more than this device has."""


class InputRefused(TrunklineEdgeError):
    """The input is not a text that can be parsed."""

    exit_code: ClassVar[int] = 2


class NothingInstalled(TrunklineEdgeError):
    """No bundle is active in this home."""


class ServiceBusy(TrunklineEdgeError):
    """A service refuses a request that it could not answer in time."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """When it is worth asking again."""


class ServiceRefused(TrunklineEdgeError):
    """A service cannot start as it was asked to: a port, a token or a file of names is no good."""

    exit_code: ClassVar[int] = 2
