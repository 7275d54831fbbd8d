"""Files of every format, damaged at random: each gives records or a refusal in words, never another error."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.data.sources.importers.formats import FORMATS
from schemas.data.sources.records import DataRefused
from tests.test_data_page import FORMS

_TEXTUAL = {name: form for name, form in FORMS.items() if form.format is not None and form.format != "huggingface"}
_PIECES = st.sampled_from(
    [
        *(
            piece.encode()
            for piece in ("", *'[](){}:"-9\t\n\0é', "\n- ", "null", "---\n", "&a *a", "<x>", "{x}", "!!set")
        ),
        b"\xff",
    ]
)


@st.composite
def damages(draw: st.DrawFn) -> list[tuple[float, int, bytes]]:
    """Where (a share of the file), how many bytes go, and what comes instead."""
    return draw(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), _PIECES), min_size=1, max_size=4))


@pytest.mark.parametrize("heading", _TEXTUAL)
@settings(max_examples=30)
@given(damaged=damages())
def test_a_damaged_file_gives_records_or_a_refusal(heading: str, damaged: list[tuple[float, int, bytes]]) -> None:
    form = _TEXTUAL[heading]
    assert form.format is not None
    tool = FORMATS[form.format]
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in form.files.items():
            raw = content.encode()
            for share, length, piece in damaged:
                at = int(share * len(raw))
                raw = raw[:at] + piece + raw[at + length :]
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(raw)
        path = folder if len(form.files) > 1 or form.format == "hassil" else folder / next(iter(form.files))
        try:
            for found in tool.read(path, tool.options()):
                assert type(found).__name__ in ("Record", "LeftOut")
        except DataRefused as error:
            assert str(error)
