"""The walk of rows from a file to an answer: which modules of ours execute, phase by phase (docs/architecture.md).

`python -m bench.walk` trains `tests/tasks/tiny.yaml` for an epoch and watches every call.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from deploy.bundle.build import build_bundle
from model.export.graphs import export_graphs
from model.training.loop import train
from schemas.data.validate import validate
from schemas.spec.load import load_spec
from trunkline_edge.understanding.session import open_folder

ROOT = Path(__file__).parents[1]
EDGE = ROOT / "deploy" / "edge" / "src"
T = TypeVar("T")


def modules_of(work: Callable[[], T]) -> tuple[T, list[str]]:
    """Return what `work` returns, and the modules of ours that it executes, in order of first entry."""
    found: dict[str, None] = {}

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(str(ROOT)) and ".venv" not in file and file != __file__:
            path = Path(file)
            found[str(path.relative_to(EDGE if path.is_relative_to(EDGE) else ROOT))] = None

    sys.setprofile(watch)
    try:
        return work(), list(found)
    finally:
        sys.setprofile(None)


def main() -> None:
    """Print each phase with its modules; `*` marks one that an earlier phase has entered."""
    spec = load_spec(ROOT / "tests" / "tasks" / "tiny.yaml", overrides=["train.epochs=1"])
    seen: set[str] = set()

    def told(phase: str, work: Callable[[], T]) -> T:
        result, modules = modules_of(work)
        print(f"{phase}: {len(modules)}")
        print("    " + " ".join(f"{module}{'*' * (module in seen)}" for module in modules))
        seen.update(modules)
        return result

    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "scratch").mkdir()
        cache, quarantine, scratch = (home / place for place in ("cache", "quarantine", "scratch"))
        judged = told("file to data set", lambda: validate(spec, cache=cache, quarantine=quarantine, scratch=scratch))
        dataset = judged.dataset
        assert dataset is not None
        told("data set to net", lambda: list(train(spec, dataset, home / "net")))
        graphs = told("net to graphs", lambda: export_graphs(home / "net", dataset, spec, home / "graphs"))
        run, made, bundle = "0" * 32, "2026-01-01T00:00:00+00:00", home / "bundle"
        told("graphs to bundle", lambda: build_bundle(graphs, dataset, spec, run_id=run, created=made, out=bundle))
        runtime = open_folder(bundle)
        told("text to answer", lambda: runtime.parse("turn on the lamp"))
    print(f"modules: {len(seen)}")


if __name__ == "__main__":
    main()
