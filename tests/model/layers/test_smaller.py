"""A small encoder that a large one teaches, of a large one that is random."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest
import torch
from torch import Tensor

from bench.smaller import Size, _cut, _ids, _piece_counts, _taken, _trunk, smaller, train_words
from model.layers.encoder import AttentionLayer, Pretrained

WIDTH, LAYERS, UNITS = 32, 4, 128
PIECES = ("<s>", "</s>", "<unk>", "▁turn", "▁on", "▁the", "▁lamp", "▁kit", "chen", "▁hall", "▁door", "s", "▁", "ü")
TEXTS = [text.split() for text in ("turn on the lamp", "turn the lamps on", "the kitchen doors", "on the hall lamp")]
STRANGE = ("door", "halls")


@pytest.fixture(scope="module")
def large() -> Pretrained:
    torch.manual_seed(3)
    tensors = {"pieces": torch.randn(len(PIECES), WIDTH), "positions": 0.1 * torch.randn(64, WIDTH)}
    tensors |= {"norm.weight": torch.ones(WIDTH), "norm.bias": torch.zeros(WIDTH)}
    for number in range(LAYERS):
        layer = AttentionLayer(WIDTH, 1, 0.0, UNITS).state_dict()
        tensors |= {f"layers.{number}.{name}": tensor for name, tensor in layer.items()}
    scores = tuple(-float(number) for number in range(len(PIECES)))
    return Pretrained({piece: row for row, piece in enumerate(PIECES)}, tensors, PIECES[:3], scores)


def _states(pretrained: Pretrained, size: Size, texts: list[list[str]]) -> Tensor:
    trunk, featurizer = _trunk(pretrained, pretrained.lines(frozenset("abcdefghijklmnopqrstuvwxyz▁ü")), size)
    ids = _ids(featurizer, texts)
    with torch.inference_mode():
        return trunk.eval()(ids, ids[:, :, 0] != 0).layers[-1]


def _cut_to(large: Pretrained, size: Size) -> Pretrained:
    lines = large.lines(frozenset("abcdefghijklmnopqrstuvwxyzü"))
    return _cut(large, size, lines, STRANGE, TEXTS)


def test_cut_to_its_own_size_an_encoder_reads_as_before(large: Pretrained) -> None:
    size = Size(LAYERS, UNITS, WIDTH)
    torch.testing.assert_close(
        _states(_cut_to(large, size), size, TEXTS), _states(large, size, TEXTS), atol=1e-4, rtol=1e-3
    )


def test_what_is_kept_is_every_second_layer_and_the_units_that_say_most(large: Pretrained) -> None:
    small = _cut_to(large, Size(2, 16, 8))
    assert small.layers == 2
    for place, source in enumerate((0, 2)):
        weight, whole = small.tensors[f"layers.{place}.widen.weight"], large.tensors[f"layers.{source}.widen.weight"]
        kept = [int((whole == row).all(1).nonzero()) for row in weight]
        assert len(set(kept)) == 16 and kept == sorted(kept)
        narrow = large.tensors[f"layers.{source}.narrow.weight"][:, kept]
        assert torch.equal(small.tensors[f"layers.{place}.narrow.weight"], narrow)
    centred = small.tensors["pieces"] - small.tensors["pieces"].mean(0)
    assert torch.linalg.matrix_rank(centred, atol=1e-3) == 8


def test_a_unit_that_is_never_awake_is_the_first_to_go(large: Pretrained) -> None:
    asleep = dict(large.tensors)
    asleep["layers.0.widen.bias"] = large.tensors["layers.0.widen.bias"].clone()
    asleep["layers.0.widen.bias"][:16] = -100.0
    asleep["layers.0.narrow.weight"] = large.tensors["layers.0.narrow.weight"].clone()
    asleep["layers.0.narrow.weight"][:, :16] *= 3  # its weights alone would keep it
    odd = Pretrained(large.pieces, asleep, large.marks, large.scores)
    small = _cut_to(odd, Size(LAYERS, UNITS - 16, WIDTH))
    assert float(small.tensors["layers.0.widen.bias"].min()) > -100


def test_pieces_are_those_of_the_texts_and_the_list_and_single_characters(large: Pretrained) -> None:
    small = _cut_to(large, Size(2, 16, 8))
    assert set(small.pieces) == set(PIECES)
    lines = large.lines(frozenset("abcdefghijklmnopqrstuvwxyz"))
    counts = _piece_counts(lines, Counter({"turn": 5}), ("turn", "halls"))
    assert {line.partition("\t")[0]: int(n) for line, n in zip(lines, counts, strict=True) if n} == {
        "▁turn": 5,
        "▁hall": 1,
        "s": 1,
    }


def test_learning_brings_a_small_encoder_nearer_to_the_large_one(large: Pretrained) -> None:
    size, whole = Size(2, 32, 16), Size(LAYERS, UNITS, WIDTH)
    rng = Random(0)
    words = "turn", "on", "the", "lamp", "lamps", "kitchen", "hall"
    texts = [rng.choices(words, k=5) for _ in range(512)]
    wanted = _states(large, whole, texts)
    before = (_states(_cut_to(large, size), size, texts) - wanted).square().mean()
    after = (_states(smaller(large, size, texts, STRANGE, passes=8), size, texts) - wanted).square().mean()
    assert float(after) < 0.6 * float(before)


def test_what_a_trunk_learned_is_taken_to_a_file_as_it_is(large: Pretrained) -> None:
    size = Size(2, 16, 8)
    small = _cut_to(large, size)
    trunk, _ = _trunk(small, small.lines(frozenset("".join(PIECES))), size)
    torch.testing.assert_close(
        _states(_taken(trunk, small), size, TEXTS), _states(small, size, TEXTS), atol=1e-4, rtol=1e-3
    )


def test_no_text_of_a_test_split_is_read(tmp_path: Path) -> None:
    rows = [{"text": "Turn on, please", "split": "train"}, {"text": "turn off", "split": "test"}] * 2
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert train_words([tmp_path / "rows.jsonl"]) == [["turn", "on", ",", "please"]]
