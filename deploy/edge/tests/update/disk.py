"""What a disk may hold after the power went: from the system calls of a real process, cut off after any of them.

`recorded` runs a program under strace and reads its writes, flushes, renames. A `Disk` replays them one by one and
knows what is promised to be on the medium: bytes of a file once it was flushed, names in a folder once that folder
was. All else may be there, may be lost, or, for bytes, may be torn.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

CALLS = "openat,write,pwrite64,writev,ftruncate,truncate,fsync,fdatasync,close,rename,renameat,renameat2"
CALLS += ",unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,chmod,fchmod"
IGNORED = ("chmod", "fchmod")
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Call:
    """One system call that succeeded."""

    name: str
    arguments: str
    strings: tuple[bytes, ...]
    result: int

    @property
    def number(self) -> int:
        """The first argument: a file descriptor."""
        return int(self.arguments.partition(",")[0])


def recorded(command: Sequence[str], folder: Path) -> list[Call]:
    """Run a program and return the calls of its first process; children may read, not write."""
    folder.mkdir()
    trace = ["strace", "-ff", "-o", str(folder / "calls"), "-xx", "-s", "100000000", "-e", f"trace={CALLS}"]
    child = subprocess.Popen([*trace, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _, said = child.communicate(timeout=300)
    assert child.returncode == 0, said.decode()
    first = min(folder.glob("calls.*"), key=lambda path: int(path.suffix[1:]))
    return list(_calls(first.read_text()))


def _calls(trace: str) -> Iterator[Call]:
    for line in trace.splitlines():
        found = _CALL.match(line)
        if found is None or int(found[3]) < 0:
            continue
        strings = tuple(bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(found[2]))
        yield Call(found[1], found[2], strings, int(found[3]))


@dataclass(eq=False)
class File:
    """Bytes, and those of them that were flushed."""

    data: bytes = b""
    flushed: bytes = b""


@dataclass(frozen=True)
class Link:
    target: str


FOLDER = "folder"
Node = File | Link | str
Names = dict[str, Node]
"""Path below the home -> what lies there."""
Change = tuple[str, dict[str, Node | None]]
"""Folder, and its names that appear or, with None, go; of a rename both at once."""
Tree = dict[str, bytes | Link | str]
"""What a medium holds."""


@dataclass
class Disk:
    """A home as programs see it, and what of it is on the medium."""

    home: Path
    names: Names = field(default_factory=dict)
    kept: Names = field(default_factory=dict)
    """Names that the medium is sure to have."""
    pending: list[Change] = field(default_factory=list)
    _open: dict[int, tuple[Node, str, int]] = field(default_factory=dict)
    """Descriptor -> node, path, offset."""

    @classmethod
    def of(cls, home: Path) -> Disk:
        """Take a home as it lies there, all on the medium."""
        disk = cls(home)
        for path in sorted(home.rglob("*")):
            name = str(path.relative_to(home))
            if path.is_symlink():
                disk.names[name] = Link(str(path.readlink()))
            elif path.is_dir():
                disk.names[name] = FOLDER
            else:
                raw = path.read_bytes()
                disk.names[name] = File(raw, raw)
        disk.kept = dict(disk.names)
        return disk

    def play(self, call: Call) -> bool:
        """Do what a call did; returns whether it touched the home."""
        if call.name == "close":
            self._open.pop(call.number, None)
            return False
        if call.name == "openat":
            return self._opened(call)
        if call.name in ("write", "pwrite64", "writev", "ftruncate", "fsync", "fdatasync", "fchmod"):
            return call.number in self._open and self._on_open(call)
        paths = [self._name(raw) for raw in call.strings]
        if not any(paths) or call.name in IGNORED:
            return False
        if call.name == "rename" and paths[0] and paths[1]:
            self._change(paths[1], self.names[paths[0]], gone=paths[0])
        elif call.name == "unlink" and paths[0]:
            self._change(paths[0], None)
        elif call.name == "mkdir" and paths[0]:
            self._change(paths[0], FOLDER)
        elif call.name == "symlink" and paths[1]:
            self._change(paths[1], Link(call.strings[0].decode()))
        else:
            raise AssertionError(f"not modelled: {call}")
        return True

    def _opened(self, call: Call) -> bool:
        name = self._name(call.strings[0])
        if name is None:
            return False
        node: Node | None = FOLDER if name == "." else self.names.get(name)
        is_new = node is None
        if node is None:
            assert "O_CREAT" in call.arguments, call
            node = File()
            self._change(name, node)
        elif isinstance(node, File) and "O_TRUNC" in call.arguments:
            node.data = b""
        self._open[call.result] = (node, name, 0)
        return is_new or "O_TRUNC" in call.arguments

    def _on_open(self, call: Call) -> bool:
        node, name, offset = self._open[call.number]
        if call.name in ("fsync", "fdatasync"):
            if isinstance(node, File):
                node.flushed = node.data
            else:
                self._flush_names(name)
            return True
        assert call.name == "write" and isinstance(node, File), f"not modelled: {call}"
        raw = call.strings[0][: call.result]
        node.data = node.data[:offset] + raw + node.data[offset + len(raw) :]
        self._open[call.number] = (node, name, offset + len(raw))
        return True

    def _name(self, raw: bytes) -> str | None:
        path = Path(os.path.normpath(os.fsdecode(raw)))  # programs of ours give whole paths
        return str(path.relative_to(self.home)) if path.is_relative_to(self.home) else None

    def _change(self, name: str, node: Node | None, *, gone: str | None = None) -> None:
        change: dict[str, Node | None] = {name: node}
        if gone is not None:
            change[gone] = None
        _apply(self.names, change)
        self.pending.append((_parent(name), change))

    def _flush_names(self, folder: str) -> None:
        for where, change in self.pending:
            if where == folder:
                _apply(self.kept, change)
        self.pending = [(where, change) for where, change in self.pending if where != folder]

    # after the power went

    def seen(self) -> Tree:
        """Return what programs see, which is also what a kill leaves."""
        return _tree(self.names, lambda file: file.data)

    def least(self) -> Tree:
        """Return what the medium was promised and nothing more."""
        return _tree(self.kept, lambda file: file.flushed)

    def torn(self) -> Tree:
        """Return all names, and of the bytes that were not flushed half."""
        return _tree(
            self.names, lambda file: file.data if file.data == file.flushed else file.data[: len(file.data) // 2]
        )

    def zeroed(self) -> Tree:
        """Return all names, and zeros for bytes that were not flushed: lengths are noted before contents."""
        return _tree(self.names, lambda file: file.data if file.data == file.flushed else b"\0" * len(file.data))

    def by_chance(self, chance: Random) -> Tree:
        """Return some of the names and some of the bytes that were not flushed."""
        names = dict(self.kept)
        for _, change in self.pending:
            if chance.random() < 0.5:
                _apply(names, change)
        outcomes = [
            lambda file: file.flushed,
            lambda file: file.data,
            lambda file: file.data[: chance.randrange(len(file.data) + 1)],
            lambda file: b"\0" * len(file.data),
        ]
        return _tree(names, lambda file: file.data if file.data == file.flushed else chance.choice(outcomes)(file))


def _parent(name: str) -> str:
    return str(Path(name).parent)


def _apply(names: Names, change: dict[str, Node | None]) -> None:
    for name, node in change.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def _tree(names: Names, bytes_of) -> Tree:
    """Return what can be reached: a name in a folder that was lost is lost with it."""
    tree: Tree = {}
    for name, node in sorted(names.items()):
        parent = _parent(name)
        if parent == "." or tree.get(parent) == FOLDER:
            tree[name] = bytes_of(node) if isinstance(node, File) else node
    return tree


def laid_out(tree: Tree, home: Path) -> None:
    """Make a folder hold exactly this."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    for name, node in tree.items():
        path = home / name
        if isinstance(node, bytes):
            path.write_bytes(node)
        elif isinstance(node, Link):
            path.symlink_to(node.target)
        else:
            path.mkdir()
