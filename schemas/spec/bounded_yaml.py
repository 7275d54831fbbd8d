"""YAML that people wrote, read within bounds: what it says, and where in the text each part of it stands.

PyYAML's safe loader runs no code, but it has no bounds: a few lines of aliases stand for more nodes than memory holds,
and deep nesting ends in a RecursionError. Here everything is counted while nodes are composed, before a value is made.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from schemas.errors import UserError
from schemas.files import special_file

MOST_BYTES = 256 * 1024
"""They are read in a second; the largest specs have a few thousand labels."""
MOST_DEPTH = 32
MOST_NODES = 50_000
"""Aliases count as what they stand for."""
MOST_DIGITS = 40
"""Of a whole number as it is written, with room for underscores and bases; its value has 64 bits."""
_STR, _INT, _FLOAT, _BOOL, _MERGE = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "merge"))
_PLAIN = {
    _BOOL: re.compile("^(?:true|True|TRUE|false|False|FALSE)$"),
    _INT: re.compile("^(?:[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$"),
    _FLOAT: re.compile(
        r"""^(?:[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?(?:0|[1-9][0-9]*)[eE][-+]?[0-9]+
        |[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$""",
        re.VERBOSE,
    ),
}
"""What is no text in data: as in YAML 1.2, but for numbers with a leading zero (`007`), which are codes there."""


class SpecError(UserError, ValueError):
    """The spec cannot be read or says something impossible; the message names the field and the cure."""


@dataclass(frozen=True)
class Document:
    """A text in YAML, read."""

    source: str
    """Names the text in messages: a file, or an option of the command."""
    value: Any
    """Nested dicts with text as keys, lists, text, numbers, booleans, None; no part is shared by two places."""
    root: yaml.Node | None = field(repr=False)
    """None for an empty text."""

    def place(self, path: Sequence[str]) -> str:
        """Return `source:line:column` of the key or entry at a path, or of the nearest one around it."""
        mark = self._mark(path)
        return self.source if mark is None else f"{self.source}:{mark.line + 1}:{mark.column + 1}"

    def line(self, path: Sequence[str]) -> int:
        """Return the line of the key or entry at a path, or of the nearest one around it."""
        mark = self._mark(path)
        return 1 if mark is None else int(mark.line) + 1

    def _mark(self, path: Sequence[str]) -> yaml.Mark | None:
        if self.root is None:
            return None
        node, mark = self.root, self.root.start_mark
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            node, mark = found
        return mark


def read_yaml(path: Path) -> Document:
    """Read a file.

    Raises:
        FileNotFoundError: there is none.
        SpecError: it is no regular file, too large, not UTF-8, or `parse_yaml` refuses its text.
    """
    try:
        special = special_file(path)
        if special:
            raise SpecError(f"{path}: found {special}, expected a file in YAML")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SpecError(f"{_short(str(path))}: not readable: {error.strerror or error}") from None
    if len(content) > MOST_BYTES:
        raise SpecError(f"{path}: found more than {MOST_BYTES:,} bytes, expected a spec; rows belong into data files")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place(str(path), content[: error.start].decode("utf-8"))
        found = "UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else f"byte 0x{content[error.start]:02x}"
        raise SpecError(f"{place}: not readable as YAML: found {found}, expected UTF-8; save it as that") from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, source: str, *, most_nodes: int = MOST_NODES, is_data: bool = False) -> Document:
    """Read a text of one document; in data, `yes`, `on`, `6:30` and `1_000` are text, as in YAML 1.2, and so is `007`.

    Raises:
        SpecError: it is no YAML, or goes beyond the bounds above; or has keys that are no text or stand twice, numbers
            of more than 64 bits, control characters, or tags other than YAML's own plain ones.
    """
    try:
        loader = (_DataLoader if is_data else _BoundedLoader)(text, most_nodes)
        root = loader.get_single_node()
        value = None if root is None else loader.construct_document(root)
    except UnicodeEncodeError as error:
        place = _place(source, text[: error.start])
        raise SpecError(
            f"{place}: not readable as YAML: found the character {_code_point(text[error.start])}"
        ) from None
    except yaml.reader.ReaderError as error:
        place = _place(source, text.encode()[: error.position].decode(errors="ignore"))
        raise SpecError(f"{place}: not readable as YAML: found the character {_code_point(error.character)}") from None
    except yaml.MarkedYAMLError as error:
        mark, begun, last = error.problem_mark or error.context_mark, error.context_mark, text.count("\n")
        # libyaml puts the end of a text into a line of its own.
        place = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark and mark.line <= last else _place(source, text)
        begun = None if begun is mark or (begun and begun.line > last) else begun
        around = f" ({error.context} that begins in line {begun.line + 1})" if begun else ""
        raise SpecError(f"{place}: not readable as YAML: {_short(str(error.problem))}{around}") from None
    return Document(source, _unshared(value), root)


class _BoundedLoader(Composer, CParser, SafeConstructor, Resolver):
    """Refuses what is too much, and what no spec has.

    libyaml cuts the text into events; nodes are composed here, where they are counted. `yaml.CSafeLoader` composes in
    C, where nobody can.
    """

    def __init__(self, text: str, most_nodes: int) -> None:
        Composer.__init__(self)
        CParser.__init__(self, text)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self.most_nodes = most_nodes
        self.depth = 0
        self.nodes = 0
        self.sizes: dict[int, int] = {}
        """Nodes under each node that is complete, by its `id`."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        before = self.nodes
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise _fault(f"found more than {MOST_DEPTH} levels inside each other", event)
        node = super().compose_node(parent, index)
        self.depth -= 1
        if isinstance(event, yaml.AliasEvent):
            if id(node) not in self.sizes:
                raise _fault(f"found *{event.anchor} inside of what it stands for", event)
            self.nodes += self.sizes[id(node)]
        else:
            self.nodes += 1
            self.sizes[id(node)] = self.nodes - before
        if self.nodes > self.most_nodes:
            raise _fault(f"found more than {self.most_nodes:,} values, counting those that aliases stand for", event)
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            if key.tag == _MERGE:
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise _fault("found a list or mapping as a key, expected a name", key)
            if key.tag != _STR:
                taken = f"`{key.value:.40}` as a key, which YAML takes for {_kind(key)}"
                raise _fault(f"found {taken}, expected a name; put it into quotes", key)
            if key.value in seen:
                line = seen[key.value].start_mark.line + 1
                raise _fault(f"found the key `{key.value:.40}` twice, first in line {line}; leave one out", key)
            seen[key.value] = key
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError, KeyError):
            raise _fault(f"found `{node.value!s:.40}`, expected {_kind(node)} as its tag says", node) from None

    def construct_text(self, node: yaml.ScalarNode) -> str:
        text = str(self.construct_scalar(node))
        for character in text:
            if character not in "\t\n" and unicodedata.category(character) in ("Cc", "Cs"):
                raise _fault(f"found the character {_code_point(character)}, expected text that can be shown", node)
        return text

    def construct_integer(self, node: yaml.ScalarNode) -> int:
        is_short = len(self.construct_scalar(node)) <= MOST_DIGITS
        value = self.construct_yaml_int(node) if is_short else 0
        if not is_short or not -(2**63) <= value < 2**63:
            raise _fault(f"found `{node.value:.40}`, expected a whole number of at most 64 bits", node)
        return int(value)


_KEPT = ("null", "bool", "float", "seq", "map")
_BoundedLoader.yaml_constructors = {
    tag: maker
    for tag, maker in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.removeprefix("tag:yaml.org,2002:") in _KEPT
} | {_STR: _BoundedLoader.construct_text, _INT: _BoundedLoader.construct_integer}
# A label such as 2026-11-24 is text.
_BoundedLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":value"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _DataLoader(_BoundedLoader):
    """Takes for truth and numbers what YAML 1.2 does: data has labels and words such as `yes`, `on` and `6:30`."""


_DataLoader.yaml_implicit_resolvers = {
    first: [(tag, _PLAIN.get(tag, pattern)) for tag, pattern in found]
    for first, found in _BoundedLoader.yaml_implicit_resolvers.items()
}


def _fault(problem: str, at: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)


def _kind(node: yaml.Node) -> str:
    kinds = {"null": "nothing", "bool": "yes or no", "int": "a whole number", "float": "a number"}
    tag = str(node.tag).removeprefix("tag:yaml.org,2002:")
    return kinds.get(tag, tag)


def _child(node: yaml.Node, part: str) -> tuple[yaml.Node, yaml.Mark] | None:
    if isinstance(node, yaml.MappingNode):
        # What is merged in comes first, and what stands here itself wins.
        for key, value in reversed(node.value):
            if key.value == part:
                return value, key.start_mark
    if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        return node.value[int(part)], node.value[int(part)].start_mark
    return None


def _unshared(value: Any) -> Any:
    """Return a copy in which an alias is a value of its own, so that changing one place changes no other."""
    if isinstance(value, dict):
        return {key: _unshared(inner) for key, inner in value.items()}
    return [_unshared(inner) for inner in value] if isinstance(value, list) else value


def _place(source: str, before: str) -> str:
    """Return the place after a text."""
    return f"{source}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def _code_point(character: str | int) -> str:
    """Return a character's number as Unicode writes it, for characters that cannot be shown."""
    return f"U+{character if isinstance(character, int) else ord(character):04X}"


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}..."
