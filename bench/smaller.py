"""A small encoder that a large one teaches, in six minutes on two cores: `make encoder`.

In eight bits MiniLM takes 23 MB and multilingual E5-small 118; a speaker has room for less than ten. What is kept:
some of the layers, of the net within each the units that say most, the pieces of given texts and of a list of words,
and these in fewer dimensions. Then all layers learn to give what the large model's do, word by word (as TinyBERT's,
Jiao et al. 2020, arXiv 1909.10351), on texts whose labels nobody asks, half of them with strange words put in. No text
comes from a valid or test split.
"""

from __future__ import annotations

import math
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from random import Random
from typing import TypeAlias

import numpy as np
import orjson
import torch
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from model.layers.encoder import (
    AttentionLayer,
    EncoderTrunk,
    PieceTable,
    Pretrained,
    load_pretrained,
    save_pretrained,
    telling_directions,
)
from model.training.device import Compute, choose_compute
from schemas.artifacts.vectors import load_vectors
from schemas.spec.net import TrainSpec, TrunkSpec
from trunkline_edge.bundle.manifest import PIECES, FeaturizerConfig
from trunkline_edge.understanding.featurizer import PAD_ID, Featurizer
from trunkline_edge.understanding.pieces import WITHIN_WORD, Pieces
from trunkline_edge.understanding.text import split_words

BATCH, MAX_WORDS, MAX_FEATURES = 64, 40, 8
SORTED = 32
"""Batches whose texts are put in order of length, so that little of a batch is padding."""
STRANGE_TEXTS, STRANGE_WORDS = 0.5, 0.25
"""Share of the texts with words from the list, and of the words there."""
ASKED = 512
"""Texts that tell which units say most."""
LAST = 2.0
"""Weight of the last layer's states, which heads read; the others' is 1."""
RATE, WARMUP = 5e-4, 0.05


@dataclass(frozen=True)
class Size:
    """What is kept."""

    layers: int
    units: int
    """Of the net within each layer."""
    embedding_width: int


_Reader: TypeAlias = tuple[EncoderTrunk, Featurizer]


def main() -> None:
    """Write a small encoder."""
    parser = ArgumentParser(prog="python -m bench.smaller", description=__doc__.splitlines()[0])
    parser.add_argument("large", type=Path, help="the encoder that teaches, e.g. data/minilm.safetensors")
    parser.add_argument("out", type=Path)
    parser.add_argument("texts", type=Path, nargs="+", help="row files; texts of train rows are read")
    parser.add_argument("--words", type=Path, required=True, help="word vectors, of which the words are read")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--units", type=int, default=1024)
    parser.add_argument("--embedding-width", type=int, default=128)
    parser.add_argument("--passes", type=int, default=2)
    options = parser.parse_args()
    size = Size(options.layers, options.units, options.embedding_width)
    large = load_pretrained(options.large)
    most = Size(large.layers, _units(large), _width(large))
    if any(asked > found for asked, found in zip(astuple(size), astuple(most), strict=True)):
        raise SystemExit(f"{options.large} has {most}, and {size} was asked for: ask for no more than there is")
    texts = train_words(options.texts)
    if not texts:
        raise SystemExit(f"{', '.join(map(str, options.texts))}: no row has a text and `split: train`")
    save_pretrained(options.out, smaller(large, size, texts, load_vectors(options.words).words, options.passes))


def train_words(files: Sequence[Path]) -> list[list[str]]:
    """Return the words of each distinct text of the train rows."""
    rows = (orjson.loads(line) for file in files for line in file.read_bytes().splitlines())
    texts = dict.fromkeys(row["text"] for row in rows if row.get("split") == "train")
    cut = ([word.form for word in split_words(text)][:MAX_WORDS] for text in texts)
    return [words for words in cut if words]


def smaller(
    large: Pretrained, size: Size, texts: Sequence[Sequence[str]], strange: Sequence[str], passes: int, seed: int = 0
) -> Pretrained:
    """Return an encoder of this size that has learned to read texts, and strange words in them, as `large` does."""
    torch.manual_seed(seed)
    lines = large.lines(frozenset[str]().union(*strange, *(word for words in texts for word in words)))
    teacher, whole = _trunk(large, lines, Size(large.layers, _units(large), _width(large)))
    start = _cut(large, size, lines, strange, texts)
    learner, few = _trunk(start, start.lines(frozenset[str]().union(*start.pieces)), size)
    compute = choose_compute(TrainSpec())
    learner.to(compute.device)
    teacher.to(compute.device)
    table = learner.embedding.get_buffer("vectors").requires_grad_()  # a net's own training leaves it as it is
    learned = [*learner.parameters(), table]
    optimiser = torch.optim.AdamW(learned, RATE, (0.9, 0.98), weight_decay=0.01, fused=True)
    steps = max(1, passes * len(texts) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _share_of_rate(step, steps))
    spread: list[float] = []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns) as progress:
        bar = progress.add_task("teaching", total=steps)
        for _, batch in zip(range(steps), _batches(texts, strange, Random(seed)), strict=False):
            pairs = _pairs((teacher, whole), (learner, few), batch, compute)
            spread = spread or [float(wanted.var(0).mean()) for _, wanted in pairs]
            losses = [(got - wanted).square().mean() / unit for (got, wanted), unit in zip(pairs, spread, strict=True)]
            optimiser.zero_grad()
            torch.stack([*losses[:-1], LAST * losses[-1]]).sum().backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimiser.step()
            schedule.step()
            off = losses[-1].item()
            progress.update(bar, advance=1, description=f"teaching; the last layer is off by {off:.2f}")
    return _taken(learner.cpu(), start)


def _pairs(
    teacher: _Reader, learner: _Reader, batch: Sequence[Sequence[str]], compute: Compute
) -> list[tuple[Tensor, Tensor]]:
    """Return, of the embedding and each layer of the learner, its states and those that they should be.

    Shape: each (words, d).
    """
    theirs, ours = (_ids(featurizer, batch).to(compute.device) for _, featurizer in (teacher, learner))
    mask = theirs[:, :, 0] != PAD_ID
    with torch.autocast(compute.device.type, compute.autocast, enabled=compute.autocast is not None):
        with torch.no_grad():
            wanted = teacher[0](theirs, mask).layers
        got = learner[0](ours, mask).layers
    layers, of = len(got) - 1, len(wanted) - 1
    return [(each[mask].float(), wanted[place * of // layers][mask].float()) for place, each in enumerate(got)]


def _share_of_rate(step: int, steps: int) -> float:
    """Rise for `WARMUP`, then fall as a cosine does."""
    return min(1.0, (step + 1) / (WARMUP * steps + 1)) * 0.5 * (1 + math.cos(math.pi * step / steps))


def _trunk(pretrained: Pretrained, lines: Sequence[str], size: Size) -> _Reader:
    """Return an encoder over these pieces, as it begins."""
    spec = TrunkSpec(
        kind="encoder",
        pretrained=Path("-"),
        tokenizer=PIECES,
        width=_width(pretrained),
        layers=size.layers,
        feed_forward=size.units,
        embedding_width=size.embedding_width,
        attention_heads=pretrained.attention_heads,
        dropout=0.0,
    )
    options = spec.featurizer.model_dump(exclude={"vocabulary"}) | {"buckets": 1, "max_features": MAX_FEATURES}
    featurizer = Featurizer(FeaturizerConfig(**options, kind=PIECES), lines)
    trunk = EncoderTrunk(featurizer.size, spec)
    trunk.start_from(pretrained, featurizer)
    return trunk, featurizer


def _width(pretrained: Pretrained) -> int:
    return pretrained.tensors["positions"].shape[1]


def _units(pretrained: Pretrained) -> int:
    return len(pretrained.tensors["layers.0.widen.bias"])


def _cut(
    large: Pretrained,
    size: Size,
    lines: Sequence[str],
    strange: Sequence[str],
    texts: Sequence[Sequence[str]],
) -> Pretrained:
    """Return what is kept of an encoder, before it learns again."""
    counts = _piece_counts(lines, Counter(word for words in texts for word in words), strange)
    pieces = [line.partition("\t")[0] for line in lines]
    kept = [at for at, piece in enumerate(pieces) if counts[at] or len(piece.removeprefix(WITHIN_WORD)) == 1]
    names = [pieces[at] for at in kept]
    rows = [large.pieces[piece] for piece in (*large.marks, *names)]
    weights = np.concatenate([np.full(len(large.marks), len(texts)), counts[kept] + 1])
    table = _flattened(large.tensors["pieces"][rows], torch.from_numpy(weights).sqrt().float(), size.embedding_width)
    tensors = {name: tensor for name, tensor in large.tensors.items() if not name.startswith("layers.")}
    for place, units in enumerate(_telling_units(large, size, lines, texts)):
        source = f"layers.{place * large.layers // size.layers}."
        layer = {name.removeprefix(source): each for name, each in large.tensors.items() if name.startswith(source)}
        layer |= {f"widen.{part}": layer[f"widen.{part}"][units] for part in ("weight", "bias")}
        layer["narrow.weight"] = layer["narrow.weight"][:, units]
        tensors |= {f"layers.{place}.{name}": tensor for name, tensor in layer.items()}
    scores = None if large.scores is None else tuple(large.scores[row] for row in rows)
    rows_of = {piece: row for row, piece in enumerate((*large.marks, *names))}
    return Pretrained(rows_of, tensors | {"pieces": table}, large.marks, scores, large.attention_heads)


def _piece_counts(lines: Sequence[str], met: Counter[str], strange: Sequence[str]) -> NDArray[np.int64]:
    """Return how often each piece comes in the texts; words that came in none count once."""
    model, counts = Pieces(lines), np.zeros(len(lines), np.int64)
    for word, times in (Counter(dict.fromkeys(strange, 1)) | met).items():
        for piece in model.cut(word):
            if piece is not None:
                counts[piece] += times
    return counts


def _flattened(vectors: Tensor, weights: Tensor, dimensions: int) -> Tensor:
    """Return vectors with what they have along their most telling dimensions alone (PCA), by weight.

    Shapes: (rows, d), (rows,) -> (rows, d), of that rank around their mean.
    """
    share = (weights / weights.sum()).unsqueeze(1)
    mean = (share * vectors).sum(0)
    kept = telling_directions(share.sqrt() * (vectors - mean), dimensions)
    flat: Tensor = (vectors - mean) @ kept @ kept.T + mean
    return flat


@torch.inference_mode()
def _telling_units(large: Pretrained, size: Size, lines: Sequence[str], texts: Sequence[Sequence[str]]) -> list[Tensor]:
    """Return of each kept layer the units that add most to its output, over some texts."""
    trunk, featurizer = _trunk(large, lines, Size(size.layers, _units(large), _width(large)))
    narrows = [layer.narrow for layer in trunk.layers if isinstance(layer, AttentionLayer)]
    squares = {narrow: torch.zeros(narrow.in_features) for narrow in narrows}

    def add(narrow: nn.Linear, read: tuple[Tensor]) -> None:
        squares[narrow] += read[0].square().sum((0, 1))

    for narrow in narrows:
        narrow.register_forward_pre_hook(add)
    chosen = Random(0).sample(list(texts), min(ASKED, len(texts)))
    for begin in range(0, len(chosen), BATCH):
        ids = _ids(featurizer, chosen[begin : begin + BATCH])
        trunk(ids, ids[:, :, 0] != PAD_ID)
    say = [squares[narrow].sqrt() * narrow.weight.norm(dim=0) for narrow in narrows]
    return [each.topk(size.units).indices.sort().values for each in say]


def _batches(texts: Sequence[Sequence[str]], strange: Sequence[str], rng: Random) -> Iterator[list[list[str]]]:
    """Yield texts of like length, without end; some have words of the list in place of their own."""
    while True:
        order = rng.sample(range(len(texts)), len(texts))
        parts = [order[begin : begin + BATCH * SORTED] for begin in range(0, len(order), BATCH * SORTED)]
        alike = [number for part in parts for number in sorted(part, key=lambda number: len(texts[number]))]
        batches = [alike[begin : begin + BATCH] for begin in range(0, len(alike), BATCH)]
        for batch in rng.sample(batches, len(batches)):
            yield [_estranged(texts[number], strange, rng) for number in batch]


def _estranged(words: Sequence[str], strange: Sequence[str], rng: Random) -> list[str]:
    share = STRANGE_WORDS if rng.random() < STRANGE_TEXTS else 0.0
    return [rng.choice(strange) if rng.random() < share else word for word in words]


def _ids(featurizer: Featurizer, texts: Sequence[Sequence[str]]) -> Tensor:
    """Return the pieces of each word. Shape: (texts, words of the longest, pieces of the longest)."""
    read = [[featurizer.features(word) for word in words] for words in texts]
    longest = max(len(features) for words in read for features in words)
    ids = np.zeros((len(read), max(map(len, read)), longest), np.int64)
    for row, words in zip(ids, read, strict=True):
        for place, features in zip(row, words, strict=False):
            place[: len(features)] = features
    return torch.from_numpy(ids)


def _taken(trunk: EncoderTrunk, start: Pretrained) -> Pretrained:
    """Return what a trunk has learned, over the pieces of what it started from."""
    assert isinstance(trunk.embedding, PieceTable)
    state = {name: tensor.detach() for name, tensor in trunk.state_dict().items()}
    vectors: Tensor = trunk.embedding.project(state["embedding.vectors"]).detach()
    unknown, *rows = vectors[1:]  # the first is padding's
    *known, begin, end = rows
    marked = {start.marks[0]: begin, start.marks[1]: end, start.marks[2]: unknown}
    names = [piece for piece in start.pieces if piece not in marked]
    assert len(names) == len(known), "the featurizer has the pieces in their order"
    kept = {name: tensor for name, tensor in state.items() if not name.startswith("embedding.")}
    kept["positions"] = kept["positions"][: len(start.tensors["positions"])]
    table = torch.stack([*(marked[mark] for mark in start.marks), *known])
    return replace(start, tensors=kept | {"pieces": table})


if __name__ == "__main__":
    main()
