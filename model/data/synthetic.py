"""Text that nobody said, made of train rows for teachers to label.

Spans are exchanged for others of their label, and some of their words for any word that the featurizer knows: what
teachers know of words that no train row has reaches the student by these. Rows without spans have words exchanged
anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import polars as pl

from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.perturb.edits import Edit, apply_edits
from trunkline_edge.understanding.text import split_words

EXCHANGED = 0.6
"""Share of spans that another span of the label takes the place of."""
SUBSTITUTED = 0.15
"""Share of words that any other known word takes the place of: within spans, or anywhere in rows without."""
LONGEST = 12
"""Letters of such a word; longer ones are seldom said."""


class Recombiner:
    """Makes one row of each; a pure function of seed and row."""

    def __init__(self, dataset: Dataset, plans: Sequence[HeadPlan], words: Sequence[str], seed: str) -> None:
        self.tag_heads = [plan.name for plan in plans if plan.kind == "tag" and plan.weak_label is None]
        self.words = [word for word in words if word.isalpha() and len(word) <= LONGEST]
        self.seed = seed
        self.values: dict[tuple[str, str], list[str]] = {}
        for frame in dataset.batches("train"):
            for text, labels in zip(frame["text"], frame["labels"].to_list(), strict=True):
                for head in self.tag_heads:
                    for span in labels[head] or ():
                        value = text[span["start"] : span["end"]]
                        self.values.setdefault((head, span["label"]), []).append(value)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with made text; of tags only whether there are any is kept."""
        texts, labels = [], []
        for row_id, text, given in frame.select("id", "text", "labels").iter_rows():
            texts.append(self._made(text, given, Random(f"{self.seed}/{row_id}")))
            labels.append({**given, **{head: [] for head in self.tag_heads if given[head] is not None}})
        return frame.with_columns(
            pl.Series("text", texts, pl.String()), pl.Series("labels", labels, frame.schema["labels"])
        )

    def _made(self, text: str, labels: dict[str, Any], rng: Random) -> str:
        head = next((head for head in self.tag_heads if labels[head]), None)
        if head is None:
            return self._with_substituted_words(text, rng)
        edits = []
        for span in labels[head]:
            value = text[span["start"] : span["end"]]
            if rng.random() < EXCHANGED:
                value = rng.choice(self.values[head, span["label"]])
            edits.append(Edit(span["start"], span["end"], self._with_substituted_words(value, rng)))
        return apply_edits(text, (), edits, "made").text

    def _with_substituted_words(self, text: str, rng: Random) -> str:
        edits = [
            Edit(word.start, word.end, rng.choice(self.words))
            for word in split_words(text)
            if word.form.isalpha() and self.words and rng.random() < SUBSTITUTED
        ]
        return apply_edits(text, (), edits, "made").text
