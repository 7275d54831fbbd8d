from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.data.contract import MAX_LINE_BYTES
from schemas.data.sources import json as json_source
from schemas.data.sources.json import json_items, read_json, split_array
from schemas.data.sources.records import DataRefused

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


class Trickle(io.BytesIO):
    """A file that gives few bytes at once, so that every place is once the end of a chunk."""

    few = 1

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, self.few))


@given(entries=st.lists(_VALUES, max_size=5), indent=st.none() | st.integers(0, 2), few=st.integers(1, 7))
def test_an_array_is_split_into_its_entries_wherever_chunks_end(entries: list[Any], indent: int, few: int) -> None:
    file = Trickle(json.dumps(entries, indent=indent, ensure_ascii=False).encode())
    file.few = few
    assert [json.loads(entry.content) for entry in split_array(file)] == entries


def test_entries_tell_the_line_where_they_begin(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('\n[ {"text":\n "a"},\n\n {"text": "b"}, {"text": "c"}\n,{\n"text": "d"}]\n')
    assert [(record.line, record.row) for record in read_json(path, {})] == [
        (2, {"text": "a"}),
        (5, {"text": "b"}),
        (5, {"text": "c"}),
        (6, {"text": "d"}),
    ]


def test_an_entry_too_large_for_a_row_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([{"text": "a"}, {"text": "x" * (3 * MAX_LINE_BYTES)}, {"text": "b"}]))
    first, large, last = read_json(path, {})
    assert first.row == {"text": "a"} and last.row == {"text": "b"}
    assert large.code == "line_too_large" and f"{3 * MAX_LINE_BYTES + 13:,} bytes" in large.message
    assert len(large.raw) == json_source.KEPT_BYTES


def test_a_file_that_ends_within_an_entry_keeps_those_before_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"text": "a"}, {"text": "b')
    first, cut = read_json(path, {})
    assert first.row == {"text": "a"} and cut.code == "unparsable"


def test_json_lines_under_the_name_json_are_read_and_other_shapes_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('{"text": "a"}\n\n{"text": "b"}\n')
    assert [record.line for record in read_json(path, {})] == [1, 3]
    for text, said in (("{\n}", "is one JSON object"), ("7", "found '7'"), ("", "found nothing")):
        path.write_text(text)
        with pytest.raises(DataRefused, match=said):
            list(json_items(path))
