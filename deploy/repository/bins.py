"""Hash bins: the files of `models`, once they are many, spread over roles below it by the hash of their path.

A device reads the list of every role that it looks into, again after each change of it. While `models` names all files
itself, that list grows with every publish. In bins, a device reads those that its bundle's files are in, and publishing
changes no other. The key, the rules and what a device may find are those of `models`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from tuf.api.metadata import Delegations, SuccinctRoles, TargetFile

from deploy.repository.roles import MODELS
from deploy.repository.signed import SignedRepository

FEW = 1_000
"""Files that `models` names by itself: a list of 170 kB, which a device reads again after each publish."""
A_BUNDLE = 8
"""Files that a device looks for, the manifest among them."""
NAME_BYTES, BIN_BYTES = 170, 132
"""What a file takes in the list of its role, and a bin in the snapshot; measured."""


def bits_for(files: int) -> int:
    """Return how many bits of a path's hash choose its bin; 0 where no bins are needed.

    Of n files in b bins a device reads the snapshot, `BIN_BYTES` * b, and for each file of its bundle a list of
    `NAME_BYTES` * n / b. Their sum is least at b = sqrt(A_BUNDLE * NAME_BYTES / BIN_BYTES * n).
    """
    return 0 if files <= FEW else round(math.log2(math.sqrt(A_BUNDLE * NAME_BYTES / BIN_BYTES * files)))


def files_of(repository: SignedRepository, role: str) -> dict[str, TargetFile]:
    """Return all files that a role names, itself or in its bins, by path."""
    named = dict(repository.targets(role).targets)
    for name in repository.bin_names() if role == MODELS else ():
        named |= repository.targets(name).targets
    return named


def name_files(repository: SignedRepository, role: str, found: Mapping[str, TargetFile]) -> None:
    """Let a role name files, within a change; `models` gets bins, or more of them, when it names enough."""
    if role == MODELS:
        there = files_of(repository, MODELS)
        bits, bins = bits_for(len({*there, *found})), repository.bins()
        if bits > (bins.bit_length if bins else 0):
            bins, found = _made(repository, bits), there | dict(found)
        if bins is not None:
            _name_in(repository, bins, found)
            return
    with repository.edit_targets(role) as targets:
        targets.targets |= found


def _made(repository: SignedRepository, bits: int) -> SuccinctRoles:
    """Give `models` empty bins, signed with its own keys; it names nothing itself any more."""
    keys, threshold = repository.role_keys(MODELS)
    bins = SuccinctRoles([key.keyid for key in keys], threshold, bits, MODELS)
    with repository.edit_targets(MODELS) as models:
        models.delegations = Delegations({key.keyid: key for key in keys}, succinct_roles=bins)
        models.targets.clear()
    for name in bins.get_roles():
        with repository.edit_targets(name) as targets:
            targets.targets.clear()  # of fewer bins, which had some of the same names
    return bins


def _name_in(repository: SignedRepository, bins: SuccinctRoles, found: Mapping[str, TargetFile]) -> None:
    shares: dict[str, dict[str, TargetFile]] = {}
    for path, target in found.items():
        shares.setdefault(bins.get_role_for_target(path), {})[path] = target
    for name, share in shares.items():
        with repository.edit_targets(name) as targets:
            targets.targets |= share


def hand_over(repository: SignedRepository) -> None:
    """Let the bins be signed with the keys that `models` has now, within a change."""
    if (bins := repository.bins()) is None:
        return
    keys, _ = repository.role_keys(MODELS)
    with repository.edit_targets(MODELS) as models:
        assert models.delegations is not None and models.delegations.succinct_roles is not None  # as found above
        models.delegations.keys = {key.keyid: key for key in keys}
        models.delegations.succinct_roles.keyids = [key.keyid for key in keys]
    for name in bins.get_roles():
        with repository.edit_targets(name):
            pass
