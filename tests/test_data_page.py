"""docs/data.md has the same five rows in every accepted form: each block is read, and gives them."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from schemas.data.sources.importers.formats import FORMATS
from schemas.data.sources.registry import _READERS, read
from schemas.spec.product import DataSpec

PAGE = (Path(__file__).parents[1] / "docs" / "data.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```\w+ (?P<file>\S+)(?: (?P<format>\S+))?\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)


class Form(NamedTuple):
    """One way to write the rows."""

    format: str | None
    files: dict[str, str]


def forms() -> dict[str, Form]:
    """Return the forms by their heading."""
    found: dict[str, Form] = {}
    for section in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]:
        blocks = list(_BLOCK.finditer(section))
        if blocks:
            files = {block["file"]: block["content"] for block in blocks}
            found[section.splitlines()[0]] = Form(blocks[0]["format"], files)
    return found


FORMS = forms()


def rows_of(form: Form, folder: Path) -> list[tuple[str, Any]]:
    """Write the files of a form and return what is read: texts and labels."""
    for name, content in form.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    path = folder if len(form.files) > 1 or form.format == "hassil" else folder / next(iter(form.files))
    if path.suffix == ".py":
        (folder / "coffee.jsonl").write_text(FORMS["JSON Lines (`.jsonl`, `.ndjson`)"].files["coffee.jsonl"], "utf-8")
        subprocess.run([sys.executable, path.name], cwd=folder, check=True, capture_output=True)
        path = folder / ("coffee" if form.format else "coffee.parquet")
    found = []
    for record in read(DataSpec(path=path, format=form.format), {}):
        assert record.row is not None, record
        labels = record.row.get("labels") or {head: record.row[head] for head in ("intent", "slots")}
        found.append((record.row["text"], labels))
    return sorted(found, key=lambda row: row[0])


@pytest.fixture(scope="module")
def five_rows(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    rows = rows_of(FORMS["JSON Lines (`.jsonl`, `.ndjson`)"], tmp_path_factory.mktemp("rows"))
    assert len(rows) == 5
    for text, labels in rows:
        for span in labels["slots"]:
            assert text[span["start"] : span["end"]].strip()
    return rows


@pytest.mark.parametrize("heading", FORMS)
def test_each_form_on_the_page_gives_the_same_five_rows(
    heading: str, five_rows: list[tuple[str, Any]], tmp_path: Path
) -> None:
    form = FORMS[heading]
    if form.format == "huggingface" and find_spec("datasets") is None:
        pytest.skip("the package `datasets` is not installed")
    rows = rows_of(form, tmp_path)
    if form.format == "hassil":  # its lists give every span a value, if only its own words
        for _, labels in rows:
            labels["slots"] = [{key: span[key] for key in ("start", "end", "label")} for span in labels["slots"]]
        assert all(row in rows for row in five_rows)
    else:
        assert rows == five_rows


def test_the_page_shows_every_format_and_every_suffix() -> None:
    assert {form.format for form in FORMS.values()} - {None} == set(FORMATS)
    for suffix in (*_READERS, *FORMATS):
        assert f"`{suffix}`" in PAGE or suffix in (".arrow", ".feather")
    table = PAGE[PAGE.index("## What is read") :]
    for name in FORMATS:
        assert f"| `{name}` |" in table
