"""Word vectors to start a net from: what others learned of a language, as a list of words and a matrix.

The file is safetensors: `vectors`, shape (words, width), most telling dimensions first, and the words, one a line of
the metadata's `words`. `bench.vectors` makes one for English.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from schemas.files import special_file
from schemas.spec.bounded_yaml import SpecError
from trunkline_edge.bundle.files import write_atomic


class VectorsInvalid(SpecError):
    """The file of word vectors that the spec names is missing or not one."""


@dataclass(frozen=True)
class WordVectors:
    """Words and their vectors."""

    words: tuple[str, ...]
    """Forms as `trunkline_edge.understanding.text` cuts them, the most useful first."""
    matrix: NDArray[np.float32]
    """Shape: (words, width)."""


def save_vectors(path: Path, vectors: WordVectors) -> None:
    """Write word vectors as half floats: a net only starts from them."""
    facts = {"words": json.dumps(vectors.words, ensure_ascii=False)}
    write_atomic(path, save({"vectors": vectors.matrix.astype(np.float16)}, metadata=facts))


ENCODER_FILES = ("config.json", "model.safetensors", "tokenizer.json")
"""Of an encoder in a folder as Hugging Face's libraries write it."""


def start_files(path: Path) -> tuple[Path, ...]:
    """Return the files of what a net starts from: one that `make vectors` writes, or those of an encoder's folder."""
    return tuple(path / name for name in ENCODER_FILES) if path.is_dir() else (path,)


def file_digest(path: Path) -> str:
    """Return the sha256 of a file that a net starts from; raises `VectorsInvalid` when there is none."""
    require_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise _missing(path) from None


def load_vectors(path: Path) -> WordVectors:
    """Read what `save_vectors` wrote; raises `VectorsInvalid`."""
    require_file(path)
    try:
        with safe_open(path, framework="np") as file:
            matrix = np.asarray(file.get_tensor("vectors"), dtype=np.float32)
            words = tuple(json.loads(file.metadata()["words"]))
    except FileNotFoundError:
        raise _missing(path) from None
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise VectorsInvalid(f"{path}: no word vectors ({error}); expected what `make vectors` writes") from None
    if matrix.ndim != 2 or not matrix.size or not np.isfinite(matrix).all():
        raise VectorsInvalid(
            f"{path}: found vectors of shape {matrix.shape}, expected finite ones of shape (words, width)"
        )
    if not all(isinstance(word, str) for word in words):
        raise VectorsInvalid(f"{path}: found words that are no text")
    if matrix.shape[:1] != (len(words),) or len(set(words)) != len(words):
        raise VectorsInvalid(f"{path}: {len(words)} words, {len(set(words))} distinct, for a matrix of {matrix.shape}")
    return WordVectors(words, matrix)


def require_file(path: Path) -> None:
    """Raise `VectorsInvalid` for a path to something that is not a file, such as a folder or a device."""
    try:
        special = special_file(path)
    except OSError:
        return  # opening it says what is wrong
    if special:
        raise VectorsInvalid(f"{path}: found {special}, expected a file that `make vectors` writes")


def _missing(path: Path) -> VectorsInvalid:
    return VectorsInvalid(f"{path}: no such file of word vectors; `make vectors` makes those for English")
