"""`trunkline parse`: the champion's answers, by the very runtime that devices have."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from flows.cli.answers import print_answer
from flows.cli.out_file import opened_whole
from schemas.errors import UserError
from tasks.records import Champion
from tasks.settings import Settings
from tasks.tracking.champion import champion_of, open_champion
from trunkline_edge.bundle.store import channels_of, products_in
from trunkline_edge.errors import InputRefused
from trunkline_edge.lines import Line, Refused, answer_lines, read_lines
from trunkline_edge.printable import printable
from trunkline_edge.prompt import prompt
from trunkline_edge.understanding.names_file import read_names
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import Runtime
from trunkline_edge.understanding.skills import open_skills

DEFAULT_PRODUCT = "home"
_TABLES = (".csv", ".tsv", ".parquet", ".arrow", ".feather")


def parse_texts(
    texts: list[str],
    file: Path | None,
    out: Path | None,
    *,
    ranking: bool,
    timing: bool,
    names: Path | None,
    product: str,
    channel: str,
    version: int | None = None,
) -> None:
    """Print or write one canonical result a sentence; without any, those of standard input, on a terminal a prompt.

    A line of `file` that is refused has its number and error in place of an answer; after the last line `InputRefused`
    tells how many these are.
    """
    if texts and file is not None:
        raise UserError(f"sentences and --file {file}: give one of them")
    runtime = open_runtime(product, channel, version, names)
    if not texts and file is None and out is None and sys.stdin.isatty():
        console = Console()
        prompt(runtime, lambda answer: print_answer(console, answer, runtime.manifest), ranking=ranking)
        return
    answers: Iterable[Result | Refused] = (
        (runtime.parse(text, ranking=ranking) for text in texts)
        if texts
        else answer_lines(runtime, _lines_of(file) if file else read_lines(sys.stdin.buffer), ranking=ranking)
    )
    answered = refused = 0
    with opened_whole(out) if out else nullcontext(sys.stdout) as target:
        for answer in answers:
            if isinstance(answer, Refused):
                refused += 1
            else:
                answered += 1
            print(answer.to_line(timing=timing), file=target)
    if refused:
        lines = f"{refused:,} of {answered + refused:,} lines"
        raise InputRefused(f"{file or 'standard input'}: refused {lines}; each has an `error` in place of its answer")


def open_runtime(product: str, channel: str, version: int | None, names: Path | None) -> Runtime:
    """Open the champion, or the version asked for, with the product's skills, and told the names of a file if given."""
    runtime = open_product(product, channel) if version is None else open_version(product, version)
    learn_skills(runtime)
    if names is not None:
        runtime.know(read_names(names))
    return runtime


def open_product(product: str, channel: str) -> Runtime:
    """Open the champion of a product; without a name, of `home` or of the only one."""
    repository = Settings.from_environment().repository
    _, champion = find_champion(repository, product, channel)
    return open_champion(repository, champion)


def learn_skills(runtime: Runtime) -> None:
    """Let a champion answer with the skills that were added to it on this machine; says which of them do not fit it."""
    repository = Settings.from_environment().repository
    opened = open_skills(repository, skills_file(repository, runtime.manifest.product), runtime)
    runtime.learn(opened.skills)
    for why in opened.aside.values():
        print(printable(f"trunkline: set aside: {why}"), file=sys.stderr)


def skills_file(repository: Path, product: str) -> Path:
    """Return which skills this machine answers with beside a product's champion."""
    return repository / "skills" / f"{product}.json"


def open_version(product: str, version: int) -> Runtime:
    """Open a registered version, champion or not, for answers."""
    settings = Settings.from_environment()
    settings.apply()
    from deploy.repository.channels import manifest_in
    from flows.cli.own_servers import see_mlflow
    from tasks.tracking.registry import registered_bundle

    see_mlflow()
    folder = registered_bundle(product_meant(settings.repository, product), version).folder
    return Runtime(manifest_in(folder, version), lambda entry: folder / entry.name)


def find_champion(repository: Path, product: str, channel: str) -> tuple[str, Champion]:
    """Return a product's name and champion; without a name, of `home` or of the only one."""
    name = product_meant(repository, product)
    champion = champion_of(repository, name, channel)
    if champion is None:
        raise UserError(f"no champion of {name} on channel {channel}: {_what_there_is(repository, name, channel)}")
    return name, champion


def _what_there_is(repository: Path, product: str, channel: str) -> str:
    products, channels = products_in(repository), channels_of(repository, product)
    for word, known in ((product, products), (channel, channels)):
        if word not in known and (near := difflib.get_close_matches(word, known, n=1, cutoff=0.5)):
            return f"did you mean {near[0]}?"
    if channels:
        return f"it has the channels {', '.join(channels)}"
    if not products:
        return "nothing has been promoted yet; `trunkline retrain SPEC` trains a net and promotes it"
    return f"products with one: {', '.join(products)}; choose with --product, or `trunkline retrain SPEC`"


def product_meant(repository: Path, named: str) -> str:
    """Return the product named; where none is, the only one that there is, else `home`."""
    there = products_in(repository)
    return named or (there[0] if len(there) == 1 else DEFAULT_PRODUCT)


def _lines_of(file: Path) -> Iterator[Line | Refused]:
    """Yield the sentences of a file: the field `text` of JSON Lines, or the lines as they are."""
    ending = file.suffix.lower()
    if ending in _TABLES:
        raise UserError(
            f"{file}: is a table; give a text file of one sentence a line, or JSON Lines (.jsonl) with a `text` in each"
        )
    is_json = ending in (".jsonl", ".ndjson", ".json")
    try:
        with file.open("rb") as source:
            for line in read_lines(source):
                if isinstance(line, Refused):
                    yield line
                elif not is_json:
                    yield line  # a blank one too: answers stand beside their lines
                elif line.text.strip():
                    yield _json_text(line)
    except FileNotFoundError:
        raise UserError(f"{file}: no such file") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from None


def _json_text(line: Line) -> Line | Refused:
    try:
        text = json.loads(line.text)["text"]
    except (ValueError, KeyError, TypeError, RecursionError):
        text = None
    if not isinstance(text, str):
        return Refused(line.number, f'expected {{"text": "..."}}, found {line.text[:60]!r}')
    return Line(line.number, text)
