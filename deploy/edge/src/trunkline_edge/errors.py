"""Everything that can go wrong on a device.

TrunklineEdgeError
├── BundleInvalid        the bundle's own words are wrong: manifest, shapes, golden answers
│   └── DigestMismatch   a file is not the one the manifest names
├── RequirementUnmet     a sound bundle that this device cannot run
├── InputRefused         the text given is no utterance
└── NothingInstalled     no bundle is active
"""

from __future__ import annotations


class TrunklineEdgeError(Exception):
    """Base of all errors of this package."""


class BundleInvalid(TrunklineEdgeError):
    """A bundle contradicts itself or its schema."""


class DigestMismatch(BundleInvalid):
    """A file's bytes are not the ones that the manifest names."""


class RequirementUnmet(TrunklineEdgeError):
    """The bundle asks for more than this device has."""


class InputRefused(TrunklineEdgeError):
    """The input is not a text that can be parsed."""


class NothingInstalled(TrunklineEdgeError):
    """No bundle is active in this home."""
