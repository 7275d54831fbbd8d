from __future__ import annotations

import io
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from schemas.data.sources import blocks, records

line = st.sampled_from([b"{}", b"abc", b" ", b"\t", b"", b"x" * 49, b"x" * 50, b"x" * 51, b"y" * 300])
end = st.sampled_from([b"\n", b"\r\n", b"\n\n", b""])
pieces = st.lists(st.tuples(line, end).map(b"".join), max_size=30)


@given(pieces=pieces, block_bytes=st.sampled_from([1, 7, 64, 1000]))
def test_lines_of_blocks_are_those_that_are_read_one_by_one(pieces: list[bytes], block_bytes: int) -> None:
    content = b"".join(pieces)
    sizes = {"MAX_LINE_BYTES": 50, "KEPT_BYTES": 20}
    with patch.multiple(blocks, BLOCK_BYTES=block_bytes, **sizes), patch.multiple(records, **sizes):
        found = [row for table in blocks.split_blocks(io.BytesIO(content)) for row in table.iter_rows()]
        expected = [line for line in records.split_lines(io.BytesIO(content)) if not line.content.isspace()]
    assert found == expected
