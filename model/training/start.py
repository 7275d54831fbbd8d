"""What a training starts from: the words it knows, vectors or a pre-trained encoder, the size of scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch

from model.data.shards import Split
from model.data.words import cut_words
from model.layers.encoder import EncoderTrunk, Pretrained, load_pretrained
from model.layers.heads import ScoreHead
from model.layers.huggingface import read_folder
from model.layers.trunk import WordEmbedding
from model.net import Net
from schemas.artifacts.vectors import VectorsInvalid, WordVectors, load_vectors
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.spec.net import TrunkSpec
from trunkline_edge.bundle.manifest import PIECES, FeaturizerConfig
from trunkline_edge.understanding.featurizer import Featurizer

_MEANT = 1 / 200
"""Share of a language's rows from which on a hesitation is a word of it."""


def load_start(spec: TrunkSpec) -> WordVectors | Pretrained | None:
    """Read what the trunk starts from; None: it starts at random. A spec names one at most."""
    if spec.vectors:
        return load_vectors(spec.vectors)
    if spec.pretrained is None:
        return None
    return read_folder(spec.pretrained) if spec.pretrained.is_dir() else load_pretrained(spec.pretrained)


def known_words(start: WordVectors | Pretrained | None) -> tuple[str, ...]:
    """Return the words that it brings."""
    if start is None:
        return ()
    return start.words() if isinstance(start, Pretrained) else tuple(start.words)


def fit_featurizer(
    dataset: Dataset, spec: TrunkSpec, start: WordVectors | Pretrained | None, around: Sequence[str] = ()
) -> Featurizer:
    """Build the featurizer of what the trunk reads.

    Words: the most frequent of the train rows that occur at least twice, those that augmentation says `around` them,
    lest "but" be mended to "put", and those that `start` brings. Pieces: those of `start` that are written with
    characters of the train rows, for no other will be met.
    """
    counts: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    said: Counter[tuple[str, str]] = Counter()
    options = spec.featurizer
    hesitations = frozenset(options.skips)
    for frame in dataset.batches("train"):
        words = cut_words(frame["text"])
        counts.update(dict(zip(words.forms, np.bincount(words.spelled).tolist(), strict=True)))
        rows.update(frame["lang"])
        for at in (at for at, form in enumerate(words.forms) if form in hesitations):
            langs = frame["lang"].gather(np.unique(words.rows[words.spelled == at]))
            said.update((lang, words.forms[at]) for lang in langs)
    # "Um" is a hesitation in English; where people say it in earnest, as in German, it is read.
    meant = {word for (lang, word), count in said.items() if count > 1 and count >= _MEANT * rows[lang]}
    settings = options.model_dump(exclude={"vocabulary"})
    settings["skips"] = tuple(word for word in options.skips if word not in meant)
    if spec.tokenizer == PIECES:
        assert isinstance(start, Pretrained), "the spec refuses pieces for other trunks"
        config = FeaturizerConfig(**settings | {"buckets": 1}, kind=PIECES)
        return Featurizer(config, start.lines(frozenset[str]().union(*counts)))
    # A word seen once teaches its own vector nothing that the n-grams do not; ties go by spelling, for one answer.
    frequent = sorted((word for word, count in counts.items() if count > 1), key=lambda word: (-counts[word], word))
    config = FeaturizerConfig(**settings)
    return Featurizer(config, dict.fromkeys([*frequent[: options.vocabulary], *around, *known_words(start)]))


def start_net(net: Net, spec: TrunkSpec, start: WordVectors | Pretrained | None, featurizer: Featurizer) -> None:
    """Put into the net what `load_start` read; raises `VectorsInvalid` where it is too narrow."""
    if isinstance(start, Pretrained):
        trunk = net.sharing.trunk
        assert isinstance(trunk, EncoderTrunk), "the spec refuses `pretrained` for other trunks"
        trunk.start_from(start, featurizer)
    elif start is not None:
        start_words(net, spec, start, featurizer)


def start_words(net: Net, spec: TrunkSpec, vectors: WordVectors, featurizer: Featurizer) -> None:
    """Give the words of the net the vectors that are known of them."""
    width, found = spec.embedding_width, vectors.matrix.shape[1]
    if found < width:
        raise VectorsInvalid(
            f"trunk.embedding_width is {width}, but the vectors of {spec.vectors} have {found} "
            "dimensions: set it to that or less"
        )
    rows = [featurizer.word_id(word) for word in vectors.words]
    matrix = torch.from_numpy(vectors.matrix).to(next(net.parameters()).device)
    for module in net.modules():
        if isinstance(module, WordEmbedding):  # some sharing systems have one a head
            module.start_from(rows, matrix)


def scale_score_heads(net: Net, plans: Sequence[HeadPlan], rows: Split) -> None:
    """Let score heads answer in the units of their labels."""
    for plan in plans:
        head = net.head(plan.name)
        if isinstance(head, ScoreHead):
            known = rows.known_targets(plan.name)
            if len(known):  # an auxiliary head may have no labels at all
                head.set_scale(float(known.mean(dtype=np.float64)), float(known.std(dtype=np.float64)))
