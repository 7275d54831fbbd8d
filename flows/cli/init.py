"""`trunkline init`: from a file of rows to a spec beside it, and the command that comes next."""

from __future__ import annotations

import shlex
from pathlib import Path

from flows.cli.import_data import read_options
from schemas.data.infer_spec import as_saved, look
from schemas.data.sources.importers.formats import FORMATS
from schemas.data.write_spec import spec_text
from schemas.errors import UserError
from schemas.spec.product import DataSpec
from trunkline_edge.printable import printable

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".arrow", ".feather")


def write_spec(path: Path | None, format_: str | None, options: list[str], out: Path | None) -> None:
    """Look at a file, write a spec beside it, and print what to do next."""
    path = path or _only_file()
    source = as_saved(DataSpec(path=path, format=format_, options=read_options(options)))
    text = spec_text(look(source), source)
    target = out or path.with_name(f"{path.stem or path.name}.yaml")
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{target}: is there already; move it away, or name another file with --out") from None
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror or error}") from None
    name = shlex.quote(str(target))
    print(printable(text))
    print(
        printable(
            f"Written: {target}. Look it over, then:\n\n    trunkline validate {name}\n    trunkline retrain {name}"
        )
    )


def _only_file() -> Path:
    """Return the one file of rows that lies here."""
    found = sorted(p for p in Path().iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
    if len(found) == 1:
        return found[0]
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    there = f"there are {', '.join(map(str, found[:5]))}{more}" if found else f"none of {', '.join(SUFFIXES)} lies here"
    formats = ", ".join(FORMATS)
    raise UserError(f"name a file of rows: `trunkline init PATH`; {there}. Other tools' data: --format {formats}")
