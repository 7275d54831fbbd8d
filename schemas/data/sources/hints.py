"""Names that other people give to our columns and to the parts of a span."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "text": ("utterance", "utt", "sentence", "query", "phrase", "example", "transcript", "message", "input"),
        "label": ("entity", "slot", "slot_name", "tag", "type", "name", "entity_type"),
        "start": ("begin", "from", "start_offset", "start_char", "offset"),
        "end": ("stop", "to", "end_offset", "end_char"),
        "split": ("partition", "fold", "subset"),
    }
)


def near_name(wanted: str, found: Iterable[str]) -> str | None:
    """Return the name among those found that seems to mean `wanted`, None if none does.

    A name also counts where only case, or white space around it, is different.
    """
    by_folded = {name.strip().casefold(): name for name in found}
    return next((by_folded[name] for name in (wanted, *_OTHER_NAMES.get(wanted, ())) if name in by_folded), None)


def hint(wanted: str, found: Iterable[str]) -> str | None:
    """Say which name looks like ours, None if none does."""
    near = near_name(wanted, found)
    return None if near is None or near == wanted else f"`{near}` looks like our `{wanted}`"
