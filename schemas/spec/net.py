"""The net and its training: how text becomes ids, the shared trunk, and the loop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.spec.base import Count, RateFactor, Section, Seed


class FeaturizerOptions(Section):
    """How text becomes ids; see `trunkline_edge.understanding.featurizer`."""

    ADDED = ("mends", "skips")

    vocabulary: int = Field(
        8_000, ge=2, le=200_000, description="most frequent train words that get an id of their own"
    )
    buckets: int = Field(16_384, ge=64, le=1_000_000, description="hash buckets shared by all character n-grams")
    ngram_min: int = Field(3, ge=1, le=8, description="characters")
    ngram_max: int = Field(5, ge=1, le=8, description="characters")
    max_features: int = Field(24, ge=2, le=64, description="ids of one word: itself, its shape, its n-grams")
    max_words: int = Field(128, ge=4, le=512, description="longer input is cut, and says so")
    mends: int = Field(
        0, ge=0, le=200_000, description="so many of the most frequent words are read where a word is one slip away"
    )
    skips: tuple[Annotated[str, Field(pattern=r"^\w{1,32}$")], ...] = Field(
        (), max_length=64, description="hesitations such as `uh`, which are not read at all"
    )

    @model_validator(mode="after")
    def _some_ngrams(self) -> FeaturizerOptions:
        if self.ngram_min > self.ngram_max:
            raise ValueError(f"`ngram_min` is {self.ngram_min}, more than `ngram_max` {self.ngram_max}: swap them")
        return self


class TrunkSpec(Section):
    """The shared encoder: `compact` reads with LSTMs, `encoder` with the attention layers of a pre-trained model."""

    ADDED = ("tokenizer", "attention_heads", "relative_attention", "feed_forward")

    kind: Literal["compact", "encoder"] = Field("compact", description="LSTMs, or a pre-trained model's attention")
    embedding_width: int = Field(128, ge=8, le=1024, description="of a word before it is read in its sentence")
    width: int = Field(
        256, ge=8, le=2048, multiple_of=2, description="hidden width d; half of it for each reading direction"
    )
    layers: int = Field(2, ge=1, le=12, description="of the trunk, one on the other")
    dropout: float = Field(0.3, ge=0, lt=1, description="share of values hidden between layers in training")
    word_dropout: float = Field(0.1, ge=0, lt=1, description="share of train words whose own id is hidden")
    vectors: Path | None = Field(None, description="file of word vectors to start from (schemas/artifacts/vectors.py)")
    pretrained: Path | None = Field(
        None, description="a pre-trained encoder: a file of `make vectors`, or a folder of Hugging Face's form"
    )
    attention_heads: int | None = Field(
        None, ge=1, le=64, description="of each layer of an encoder; default: one for every 32 of its width"
    )
    relative_attention: bool = Field(
        False, description="an encoder's attention looks at how far apart two places are, as MPNet's does"
    )
    tokenizer: Literal["words", "pieces"] = Field(
        "words", description="what an encoder reads: words and n-grams, or its own pieces, of which a device needs all"
    )
    feed_forward: int | None = Field(
        None,
        ge=8,
        le=8192,
        description="units of the net within each layer of an encoder; default: four times its width",
    )
    featurizer: FeaturizerOptions = FeaturizerOptions()

    @model_validator(mode="after")
    def _encoders_are_pretrained(self) -> TrunkSpec:
        if self.kind == "encoder" and (self.pretrained is None or self.vectors is not None):
            raise ValueError(
                "an encoder starts from `pretrained`, which brings its own words: set it and leave out `vectors` "
                "(`make vectors` writes data/minilm.safetensors)"
            )
        if self.kind == "compact" and self.pretrained is not None:
            raise ValueError("`pretrained` is for `kind: encoder`; a compact trunk may start from `vectors`")
        if self.kind == "compact" and self.tokenizer == "pieces":
            raise ValueError("`tokenizer: pieces` is for `kind: encoder`; a compact trunk reads words: leave it out")
        if self.kind == "compact" and self.feed_forward is not None:
            raise ValueError("`feed_forward` is for `kind: encoder`; a compact trunk has no such net: leave it out")
        if self.kind == "compact" and self.relative_attention:
            raise ValueError("`relative_attention` is for `kind: encoder`; a compact trunk has none: leave it out")
        if self.attention_heads and (self.kind == "compact" or self.width % self.attention_heads):
            raise ValueError(
                f"`attention_heads` is {self.attention_heads}: an encoder's, of which they divide the width; "
                "leave it out, or set what the encoder has"
            )
        return self


class TrainSpec(Section):
    """The training loop."""

    ADDED = ("freeze", "workers", "window_rows")

    epochs: int = Field(20, ge=1, le=10_000, description="passes over the train rows, at most")
    start_from: Literal["champion"] | None = Field(
        None, description="champion: go on from its weights, with new rows for new words and labels; default: anew"
    )
    more_epochs: int = Field(
        3, ge=1, le=10_000, description="passes in place of `epochs` where the training goes on from the champion"
    )
    freeze: Literal["trunk"] | None = Field(
        None, description="trunk: keep the champion's bit for bit and train heads alone, so that only these ship"
    )
    patience: int = Field(5, ge=1, le=10_000, description="epochs without a better validation score before stopping")
    keep: Literal["best", "last"] = Field(
        "best", description="epoch whose weights stay: best on valid rows, or the last"
    )
    batch_size: int = Field(64, ge=1, le=65_536, description="utterances a step")
    learning_rate: float = Field(2e-3, ge=1e-9, le=1, description="highest of the schedule")
    warmup_share: float = Field(0.05, ge=0, lt=1, description="share of all steps with a rising learning rate")
    weight_decay: float = Field(1e-2, ge=0, le=1, description="pull of the weights to zero, as AdamW has it")
    trunk_rate: RateFactor = Field(1.0, description="learning rate of the trunk, against the heads' own layers'")
    moments: Literal["shared", "per_head"] = Field(
        "shared", description="Adam's moments where heads share a parameter; per_head costs a backward pass a head"
    )
    clip_norm: float = Field(1.0, ge=1e-6, le=1e6, description="longest gradient; a longer one is shortened to it")
    label_smoothing: float = Field(0.05, ge=0, lt=1, description="of class heads")
    augment: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of train rows that each epoch sees perturbed, anew; and as many with a word replaced",
    )
    seed: Seed = Field(0, description="of every random choice; the same one gives the same net on the same machine")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where to train; auto: a GPU, if there is one")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 on a GPU or CPU that has it")
    compile: bool = Field(False, description="torch.compile the net; pays on long GPU trainings")
    workers: int = Field(
        1, ge=1, le=64, description="processes of this machine that share each batch, one a GPU; docs/scaling.md"
    )
    window_rows: int = Field(
        500_000,
        ge=1,
        le=100_000_000,
        description="encoded rows in memory at once; a split of more is encoded to files and mixed by windows",
    )
    checkpoint_steps: Count = Field(200, description="steps between checkpoints inside an epoch")
    probe_steps: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="steps between two measurements of how the heads relate; 0: only for heads' `stop_after`",
    )
