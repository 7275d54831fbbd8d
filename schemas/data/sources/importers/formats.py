"""The formats of other tools by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict

from schemas.data.sources.importers import bio, hassil, huggingface, label_studio, massive, rasa, snips
from schemas.data.sources.importers.files import find_files
from schemas.data.sources.records import LeftOut, Record


class NoOptions(BaseModel):
    """Options of a format that has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Format:
    """How another tool's files are read."""

    about: str
    read: Callable[[Path, Any], Iterator[Record | LeftOut]]
    """Takes a path and an instance of `options`."""
    files: Callable[[Path], list[Path]]
    """All that `read` looks at, in its order."""
    options: type[BaseModel] = NoOptions


def _of(suffixes: tuple[str, ...]) -> Callable[[Path], list[Path]]:
    return partial(find_files, suffixes=suffixes)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "rasa": Format("Rasa NLU, YAML of version 2 or 3", rasa.read_rasa, _of(rasa.SUFFIXES)),
        "snips": Format("Snips NLU, JSON or YAML", snips.read_snips, _of(snips.SUFFIXES)),
        "conll": Format("a word and its BIO tag a line (CoNLL)", bio.read_conll, _of(bio.SUFFIXES)),
        "joint": Format("a folder with seq.in, seq.out and label", bio.read_joint, bio.joint_files),
        "massive": Format("JSON Lines with annot_utt (MASSIVE)", massive.read_massive, _of(massive.MASSIVE_SUFFIXES)),
        "slurp": Format("JSON Lines with tokens and entities (SLURP)", massive.read_slurp, _of(massive.SLURP_SUFFIXES)),
        "huggingface": Format(
            "a folder saved by Hugging Face's datasets, or Parquet",
            huggingface.read_huggingface,
            huggingface.find_shards,
            huggingface.HuggingFaceOptions,
        ),
        "hassil": Format(
            "sentence templates of Home Assistant",
            hassil.read_hassil,
            hassil.find_templates,
            hassil.HassilOptions,
        ),
        "label-studio": Format(
            "Label Studio, JSON, JSON-MIN or CSV", label_studio.read_label_studio, _of(label_studio.SUFFIXES)
        ),
    }
)
