"""The benchmark of languages of which a net has seen few rows or none."""

from __future__ import annotations

from bench.foreign import FOREIGN, SPOKEN, among, home_records


def test_a_cell_has_few_rows_of_other_languages_to_train_none_to_validate_and_all_to_test() -> None:
    rows = list(home_records(60, "data.0.options={rows: 60}"))
    assert {row["lang"] for row in rows} == {SPOKEN, *FOREIGN}
    cells = {few: among(rows, few) for few in (0, 3, 8)}
    for few, kept in cells.items():
        assert [row for row in kept if row["lang"] == SPOKEN] == [row for row in rows if row["lang"] == SPOKEN]
        for language in FOREIGN:
            theirs = [row["split"] for row in kept if row["lang"] == language]
            tests = [row for row in rows if row["lang"] == language and row["split"] == "test"]
            assert (theirs.count("train"), theirs.count("valid"), theirs.count("test")) == (few, 0, len(tests))
    fewer, more = ({row["id"] for row in cells[few]} for few in (3, 8))
    assert fewer < more
