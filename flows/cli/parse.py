"""`trunkline parse`: the champion's answers, by the very runtime that devices have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from schemas.errors import UserError
from tasks.records import Champion
from tasks.settings import Settings
from tasks.tracking.champion import champion_of, open_champion, products_in
from trunkline_edge.errors import InputRefused
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import Runtime

DEFAULT_PRODUCT = "home"


def parse_texts(
    texts: list[str], file: Path | None, out: Path | None, *, ranking: bool, timing: bool, product: str, channel: str
) -> None:
    """Print or write one canonical result a sentence."""
    if bool(texts) == (file is not None):
        raise UserError('give sentences, or a file of them with --file: `trunkline parse "turn on the lamp"`')
    runtime = open_product(product, channel)
    lines = (result.to_line(timing=timing) for result in _answers(runtime, texts, file, ranking))
    if out is None:
        for line in lines:
            print(line)
        return
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("w", encoding="utf-8") as target:
            target.writelines(line + "\n" for line in lines)
        part.replace(out)
    except FileNotFoundError:
        raise UserError(f"{out}: its folder does not exist") from None
    finally:
        part.unlink(missing_ok=True)


def open_product(product: str, channel: str) -> Runtime:
    """Open the champion of a product; without a name, of `home` or of the only one."""
    repository = Settings.from_environment().repository
    _, champion = find_champion(repository, product, channel)
    return open_champion(repository, champion)


def find_champion(repository: Path, product: str, channel: str) -> tuple[str, Champion]:
    """Return a product's name and champion; without a name, of `home` or of the only one."""
    there = products_in(repository)
    name = product or (there[0] if len(there) == 1 else DEFAULT_PRODUCT)
    champion = champion_of(repository, name, channel)
    if champion is None:
        hint = f"there are {', '.join(there)}" if there else "nothing has been promoted yet"
        raise UserError(f"no champion of {name} on channel {channel}: {hint}. `trunkline retrain SPEC` makes one.")
    return name, champion


def _answers(runtime: Runtime, texts: list[str], file: Path | None, ranking: bool) -> Iterator[Result]:
    if file is None:
        yield from (runtime.parse(text, ranking=ranking) for text in texts)
        return
    for number, text in _texts_of(file):
        try:
            yield runtime.parse(text, ranking=ranking)
        except InputRefused as error:
            raise InputRefused(f"{file}, line {number}: {error}") from None


def _texts_of(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers and sentences: the field `text` of JSON Lines, or the lines as they are."""
    try:
        with file.open(encoding="utf-8") as source:
            yield from _json_texts(file, source) if file.suffix in (".jsonl", ".json") else _plain(source)
    except FileNotFoundError:
        raise UserError(f"{file}: no such file") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: not UTF-8: {error.reason} at byte {error.start}") from None


def _plain(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, line.rstrip("\r\n")


def _json_texts(file: Path, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in _plain(lines):
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError, TypeError):
            raise UserError(f'{file}, line {number}: expected {{"text": "..."}}, found {line[:60]!r}') from None
        yield number, text
