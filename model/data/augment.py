"""Training rows as they are heard and typed: every epoch some of them are perturbed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import polars as pl

from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.perturb import Kind, Perturber, Span, kinds_of
from schemas.spec.net import TrainSpec
from trunkline_edge.understanding.text import split_words

_APART: tuple[Kind, ...] = ("substitution", "filler")


class Augmenter:
    """Replaces rows by perturbed copies, spans moved; the number of rows and other labels stay.

    A share of the rows is perturbed in one of the kinds that people and recognisers are known for, and in as many,
    drawn apart from those, a word is heard as any other one, and something is said around the command.

    A pure function of seed, epoch and row, so a resumed epoch is the same one. Only the training part of the
    perturbation vocabularies is used.
    """

    def __init__(self, dataset: Dataset, plans: Sequence[HeadPlan], settings: TrainSpec) -> None:
        words = {
            word.form for frame in dataset.batches("train") for text in frame["text"] for word in split_words(text)
        }
        langs = {lang for frame in dataset.batches("train") for lang in frame["lang"].unique()}
        self.perturbers = {lang: Perturber("train", words, lang) for lang in sorted(langs)}
        self.tag_heads = [plan.name for plan in plans if plan.kind == "tag" and plan.weak_label is None]
        self.settings = settings

    @property
    def words(self) -> tuple[str, ...]:
        """What is said around commands: the net meets these words in no row as it stands."""
        spoken = [each for lang, each in self.perturbers.items() if "filler" in kinds_of(lang)]
        return tuple(dict.fromkeys(word for each in spoken for word in each.wordings.words()))

    def __call__(self, frame: pl.DataFrame, epoch: int) -> pl.DataFrame:
        """Return the frame as this epoch sees it."""
        texts, labels = [], []
        for row_id, text, lang, row_labels in frame.select("id", "text", "lang", "labels").iter_rows():
            rng = Random(f"{self.settings.seed}/{epoch}/{row_id}")
            for kinds in _rounds(lang):
                if rng.random() < self.settings.augment:
                    text, row_labels = self._perturbed(self.perturbers[lang], kinds, text, row_labels, rng)
            texts.append(text)
            labels.append(row_labels)
        return frame.with_columns(
            pl.Series("text", texts, pl.String()), pl.Series("labels", labels, frame.schema["labels"])
        )

    def _perturbed(
        self, perturber: Perturber, kinds: list[Kind], text: str, labels: Mapping[str, Any], rng: Random
    ) -> tuple[str, Mapping[str, Any]]:
        """Perturb in a kind that changes this text; unchanged where none does."""
        rng.shuffle(kinds)
        spans = [
            Span(span["start"], span["end"], f"{head}/{span['label']}")
            for head in self.tag_heads
            for span in labels[head] or ()
        ]
        for kind in kinds:
            perturbed = perturber.perturb(kind, text, spans, rng)
            if perturbed is not None:
                moved: dict[str, list[dict[str, Any]]] = {
                    head: [] for head in self.tag_heads if labels[head] is not None
                }
                for start, end, name in perturbed.spans:
                    head, _, label = name.partition("/")
                    moved[head].append({"start": start, "end": end, "label": label})
                return perturbed.text, {**labels, **moved}
        return text, labels


def _rounds(lang: str) -> list[list[Kind]]:
    """Return the kinds of which a row meets one, and apart from them those that it meets as often as all of these.

    An intent hangs on little words, and as one kind among eight a substitution meets them too seldom
    (docs/adr/0007-rejection.md). What people wrap around a command is in most of what they say
    (docs/adr/0013-real-speech.md).
    """
    kinds = kinds_of(lang)
    return [[kind for kind in kinds if kind not in _APART], *([kind] for kind in _APART if kind in kinds)]
