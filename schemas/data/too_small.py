"""Is there enough to train on? Asked before minutes are spent on a net that could learn nothing or never stop well."""

from __future__ import annotations

from schemas.data.dataset import Dataset
from trunkline_edge.understanding.text import split_words


def find_too_small(dataset: Dataset) -> str | None:
    """Say why no net can be trained on a data set; None if one can."""
    if not dataset.counts["valid"]:
        return (
            "no good row is in valid, so nothing says when to stop training and below what to reject; give some rows "
            "`split: valid`, or more rows without a split, of which some go there"
        )
    if not _has_word_twice(dataset):
        return (
            f"no word is twice in the {dataset.counts['train']:,} rows of train, so the net would know no word at all; "
            "give more rows"
        )
    return None


def _has_word_twice(dataset: Dataset) -> bool:
    """Tell whether the vocabulary would have a word; stops at the first."""
    seen: set[str] = set()
    for frame in dataset.batches("train"):
        for text in frame["text"]:
            for word in split_words(text):
                if word.form in seen:
                    return True
                seen.add(word.form)
    return False
