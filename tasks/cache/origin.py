"""Where a champion comes from: the training behind its bundle, found by what went into each step of the cache."""

from __future__ import annotations

from pathlib import Path

from schemas.errors import UserError
from schemas.spec.product import Spec
from tasks.cache.keys import CHAMPION, FREEZE
from tasks.cache.store import Entry, FinishedStep, entries_of, lookup
from tasks.records import Champion, Origin, Trained


class OriginLost(UserError):
    """The weights to go on from are not in this home."""


def origin_of(spec: Spec, champion: Champion | None, cache: Path) -> Origin | None:
    """Return what a training of this spec can go on from; None where it starts anew anyway.

    Raises:
        OriginLost: the champion's training is not in the step cache, or a trunk is to be kept and there is no champion.
    """
    if spec.train.freeze and champion is None:
        raise OriginLost(
            f"train.freeze is {spec.train.freeze}, but {spec.name} has no champion yet whose trunk could be kept: "
            "train one first (`--set train.freeze=null`)"
        )
    if spec.train.start_from is None or champion is None:
        return None
    built = _entry(cache, "build", "bundle_id", champion.bundle_id)
    exported = _entry(cache, "export", "digest", built.key.parts["graphs"]) if built else None
    trained = _entry(cache, "train", "weights", exported.key.parts["weights"]) if exported else None
    if trained is None:
        raise _lost(f"version {champion.version}, bundle {champion.bundle_id[:12]}")
    parts = trained.key.parts
    return Origin(trained.record["weights"], champion.data_digest, parts.get(CHAMPION), FREEZE in parts)


def trained_folder(cache: Path, weights: str) -> Path:
    """Return the folder of the training that ended in these weights; raises `OriginLost` where it is not whole."""
    entry = _entry(cache, "train", "weights", weights)
    if entry is None or not isinstance(lookup(entry.folder, Trained), FinishedStep):
        raise _lost(f"weights {weights[:12]}")
    return entry.folder


def other_form(cache: Path, bundle_id: str) -> Path | None:
    """Return the folder of the same net in another precision, as it was built beside a bundle."""
    from deploy.repository.channels import OTHERWISE  # late: it loads onnxruntime, and `plan` needs none

    built = _entry(cache, "build", "bundle_id", bundle_id)
    folder = built.folder / OTHERWISE if built else None
    return folder if folder is not None and (folder / "manifest.json").exists() else None


def _entry(cache: Path, step: str, field: str, value: str) -> Entry | None:
    return next((entry for entry in entries_of(cache, step) if entry.record[field] == value), None)


def _lost(what: str) -> OriginLost:
    return OriginLost(
        f"train.start_from is champion, but the step cache of this home does not have the training of the champion "
        f"({what}): train anew once (`--set train.start_from=null`), and go on from what comes of that"
    )
