"""A split too large for memory: encoded once into files, of which training has a window in memory at a time.

A file holds some rows of the split, next to each other by the heads that they label, and cut into blocks. Each epoch
draws the blocks of the whole split in another order; a window takes its share of the blocks for each set of labelled
heads, and its rows are then batched as those of a small split are. So the rows of a step come from all over the split,
each comes once an epoch, and the order is a function of seed and epoch. Workers take shares of the same steps
(`model.training.workers`), whatever their number.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from model.data.batches import (
    Encoded,
    Known,
    Steps,
    batch_rows,
    encode_frame,
    featurize,
    joined,
    no_forms,
    unchanged,
)
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.understanding.featurizer import Featurizer

FILES, BLOCKS = 10, 25
"""Files that make a window, and blocks that make a file. More blocks mix rows better that lie in the split as their
sources had them; fewer are read faster."""
WAIT_S = 0.2
"""Between two looks of a worker for what the first one writes."""

Blocks = NDArray[np.int64]
"""File, first row in it, and the one after the last, of each block. Shape: (blocks, 3)."""


@dataclass(frozen=True)
class Shards:
    """A split on disk; it is written when somebody first asks for rows, and what is written is used again.

    The arguments are those of `model.data.batches.encode`. The folder must belong to them alone.
    """

    folder: Path
    dataset: Dataset
    split: str
    featurizer: Featurizer
    heads: Sequence[HeadPlan]
    window_rows: int
    writes: bool = True
    """False: another process writes, and this one waits for it."""
    change: Callable[[pl.DataFrame], pl.DataFrame] = unchanged
    known: Known | None = None

    def __len__(self) -> int:
        return self.dataset.counts[self.split]

    def steps(self, batch_size: int, seed: int, epoch: int) -> Steps:
        """Return the steps of an epoch; a pure function of its arguments."""
        windows = self.windows(seed, epoch)
        sizes = [-(-_rows(window) // batch_size) for window in windows]

        def window(number: int) -> tuple[Encoded, list[NDArray[np.int64]]]:
            encoded = self._read(windows[number])
            return encoded, batch_rows(encoded, batch_size, seed, epoch, number + 1)

        return Steps(sizes, window)

    def windows(self, seed: int, epoch: int) -> list[Blocks]:
        """Return what each window of an epoch reads: about `window_rows` rows, its share of every group.

        A group of rows smaller than the number of windows comes round again. Rows that label nothing are left out.
        """
        rng = np.random.default_rng((seed, epoch))
        count = -(-sum(map(_rows, self._groups)) // self.window_rows)
        shares: list[list[Blocks]] = [[] for _ in range(count)]
        for blocks in self._groups:
            rows = _rows(blocks)
            shuffled = np.tile(rng.permutation(blocks), (-(-count // rows), 1))
            bounds = np.linspace(0, max(rows, count), count + 1).round().astype(np.int64)
            for share, first, last in zip(shares, bounds[:-1], bounds[1:], strict=True):
                share.append(_between(shuffled, first, last))
        return [np.concatenate(share) for share in shares]

    def parts(self) -> Iterator[Encoded]:
        """Yield all rows, a file at a time."""
        for path in self._files:
            yield joined(list(_read(path, [slice(None)])), self._forms)

    def known_targets(self, head: str) -> NDArray[np.generic]:
        """Return the targets of a head with one a row, where they are known."""
        return np.concatenate([part.known_targets(head) for part in self.parts()])

    @cached_property
    def _files(self) -> tuple[Path, ...]:
        size = max(1, self.window_rows // FILES)
        paths = tuple(self.folder / f"{first // size:06}.safetensors" for first in range(0, len(self), size))
        while not self.writes and not paths[-1].exists():
            time.sleep(WAIT_S)
        self.folder.mkdir(parents=True, exist_ok=True)
        forms = no_forms()
        for number, path in enumerate(paths if self.writes else ()):
            known = len(forms) if number else 0  # the first file has the features of what was known before, too
            if path.exists():
                for form in _tensor(path, "spelling").tobytes().decode().split("\n"):
                    forms.setdefault(form, len(forms))
                continue
            frame = self.dataset.part(self.split, number * size, size)
            encoded = encode_frame(frame, forms, self.featurizer, self.heads, self.change, self.known)
            _write(path, encoded, list(islice(forms, known, None)), self.featurizer)
        return paths

    @cached_property
    def _forms(self) -> NDArray[np.int64]:
        """Features of the word forms of the whole split."""
        return np.concatenate([_tensor(path, "forms") for path in self._files]).astype(np.int64)

    @cached_property
    def _groups(self) -> list[Blocks]:
        """Return the blocks of the rows that label the same heads, for each set of these but the empty one."""
        size = max(1, self.window_rows // (FILES * BLOCKS))
        found: dict[int, list[tuple[int, int, int]]] = {}
        for number, path in enumerate(self._files):
            for heads, first, last in _facts(path)["groups"]:
                blocks = found.setdefault(heads, [])
                blocks += ((number, start, min(start + size, last)) for start in range(first, last, size))
        return [np.asarray(found[heads], dtype=np.int64) for heads in sorted(found) if heads]

    def _read(self, blocks: Blocks) -> Encoded:
        """Return the rows of some blocks."""
        parts: list[Encoded] = []
        for number in np.unique(blocks[:, 0]):
            mine = blocks[blocks[:, 0] == number]
            parts += _read(self._files[number], [slice(first, last) for _, first, last in mine.tolist()])
        return joined(parts, self._forms)


Split = Encoded | Shards
"""A split in memory, or on disk."""


def _rows(blocks: Blocks) -> int:
    return int((blocks[:, 2] - blocks[:, 1]).sum())


def _between(blocks: Blocks, first: int, last: int) -> Blocks:
    """Return the blocks of the rows from `first` to before `last`, of all their rows one after the other."""
    ends = np.cumsum(blocks[:, 2] - blocks[:, 1])
    begin, end = np.searchsorted(ends, first, "right"), np.searchsorted(ends, last, "left")
    cut = blocks[begin : end + 1].copy()
    cut[-1, 2] -= ends[end] - last
    cut[0, 1] = cut[0, 2] - (min(ends[begin], last) - first)
    return cut


def _write(path: Path, encoded: Encoded, forms: list[str], featurizer: Featurizer) -> None:
    """Write the rows of a file by the heads that they label, and the word forms that no file before it has."""
    order = np.argsort(encoded.labelled, kind="stable")
    rows = encoded.taken(order)
    heads, first = np.unique(rows.labelled, return_index=True)
    bounds = [*first.tolist(), len(rows)]
    tensors: dict[str, NDArray[Any]] = {
        "forms": featurize(forms, featurizer),
        "spelling": np.frombuffer("\n".join(forms).encode(), dtype=np.uint8),
        "words": rows.words,
        "offsets": rows.offsets,
        **{f"target/{name}": target for name, target in rows.targets.items()},
        **{f"has_label/{name}": present for name, present in rows.has_label.items()},
    }
    if rows.lexicon is not None:
        tensors["lexicon"] = rows.lexicon
    narrow = {name: np.ascontiguousarray(_narrow(tensor)) for name, tensor in tensors.items()}
    groups = list(zip(heads.tolist(), bounds[:-1], bounds[1:], strict=True))
    facts = {"groups": groups, "per_word": sorted(rows.per_word), "has_lexicon": "lexicon" in tensors}
    write_atomic(path, save(narrow, {"facts": json.dumps(facts)}))


def _narrow(array: NDArray[Any]) -> NDArray[Any]:
    """Halve what positions, labels and features take on disk: none is larger than 32 bits hold."""
    return array.astype(np.int32) if array.dtype == np.int64 else array


def _facts(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="np") as file:
        facts: dict[str, Any] = json.loads(file.metadata()["facts"])
    return facts


def _tensor(path: Path, name: str) -> NDArray[Any]:
    with safe_open(path, framework="np") as file:
        tensor: NDArray[Any] = file.get_tensor(name)
    return tensor


def _read(path: Path, cuts: Sequence[slice]) -> Iterator[Encoded]:
    """Yield some stretches of a file's rows, copied out of the mapped file; the table of forms is left empty."""
    with safe_open(path, framework="np") as file:
        facts = json.loads(file.metadata()["facts"])
        offsets = file.get_tensor("offsets").astype(np.int64)

        def tensors(kind: str, rows: slice, words: slice) -> dict[str, NDArray[Any]]:
            names = (name for name in file.keys() if name.startswith(kind))  # noqa: SIM118
            found = {name.removeprefix(kind): file.get_slice(name) for name in names}
            return {name: each[words if name in facts["per_word"] else rows] for name, each in found.items()}

        for cut in cuts:
            first, last, _ = cut.indices(len(offsets) - 1)
            rows, words = slice(first, last), slice(int(offsets[first]), int(offsets[last]))
            targets = tensors("target/", rows, words)
            yield Encoded(
                forms=np.zeros((0, 0), dtype=np.int64),
                words=file.get_slice("words")[words],
                offsets=offsets[first : last + 1] - offsets[first],
                targets={name: _wide(target) for name, target in targets.items()},
                has_label=tensors("has_label/", rows, rows),
                per_word=frozenset(facts["per_word"]),
                lexicon=file.get_slice("lexicon")[words] if facts["has_lexicon"] else None,
            )


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.int64) if array.dtype == np.int32 else array
