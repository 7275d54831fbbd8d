"""The code behind a step: every module of ours that a module imports, however deep, read without running it.

What counts is what Python would execute: comments, docstrings and layout change no digest, and neither does a module
that the step never reaches. Imports inside functions count, as a step may come by them.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import trunkline_edge

ROOT = Path(__file__).resolve().parents[2]
"""The checkout, or where the packages are installed."""
PACKAGES = ("schemas", "model", "deploy", "tasks", "bench")


@cache
def code_version(*modules: str, root: Path = ROOT) -> str:
    """Return a sha256 over the code of `modules` (dotted names) and of all that they import from this project."""
    total = hashlib.sha256()
    for name, path in sorted(_reached(modules, root).items()):
        total.update(f"{name}\0{_parsed(path)[0]}\0".encode())
    return total.hexdigest()


def _reached(modules: Iterable[str], root: Path) -> dict[str, Path]:
    """Return module -> file of everything that importing `modules` may load."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _file_of(name, root)
        if name in found or path is None:
            continue
        found[name] = path
        waiting += _parsed(path)[1]
        waiting.append(name.rpartition(".")[0])  # a package's __init__ runs first
    return found


def _file_of(module: str, root: Path) -> Path | None:
    """Return a module's file; None for a name inside a module, and for what is not ours."""
    package, *rest = module.split(".")
    if package == "trunkline_edge":
        base = Path(trunkline_edge.__file__).parent.joinpath(*rest)
    elif package in PACKAGES:
        base = root.joinpath(package, *rest)
    else:
        return None
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


@cache
def _parsed(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return a digest of a file's code and the names that it imports."""
    tree = ast.parse(path.read_bytes())
    imported: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [line for line in node.body if not _is_text(line)]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), tuple(imported)


def _is_text(line: ast.stmt) -> bool:
    """Is it a bare string: a docstring, or one below a constant or a field?"""
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)
