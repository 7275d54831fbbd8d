"""What orchestration and tracking cost a retrain, over plain calls of the functions that do the work.

`python -m bench.overhead` retrains a tiny net by the flow (Prefect server, MLflow with its registry, step cache,
promotion log) and by plain calls, in turn and with the same seeds; the nets are the same, so the difference is what the
rest costs. The server's cold start is told apart. Processor seconds are those of the process; the server's own work is
in the wall clock alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

RUNS = 5
"""Of each; one more of each comes before, for what the first of a process costs."""
SPEC = Path(__file__).parents[1] / "tests" / "tasks" / "tiny.yaml"
ALLOWED_S = 15


def main() -> None:
    """Print the table."""
    os.chdir(SPEC.parents[2])
    with TemporaryDirectory() as folder:
        os.environ["TRUNKLINE_HOME"] = folder
        from flows.cli.prefect_server import use_prefect_server
        from tasks.settings import Settings

        settings = Settings.from_environment()
        settings.apply()
        cold = _timed(lambda: use_prefect_server(settings))[0]
        from tasks.logs import log_to

        tracked, plain = _pair(settings.home / "plain")
        log_to(settings.logs / "overhead.log")
        pairs = [(_timed(lambda: tracked(seed)), _timed(lambda: plain(seed))) for seed in range(RUNS + 1)][1:]  # noqa: B023
    table = Table(title=f"a retrain of {SPEC.name}: median of {RUNS}", title_justify="left")
    for column in ("", "wall s", "processor s"):
        table.add_column(column, justify="right")
    medians = [[median(pair[way][clock] for pair in pairs) for clock in (0, 1)] for way in (0, 1)]
    for told, values in zip(("flow", "plain calls"), medians, strict=True):
        table.add_row(told, *(f"{value:.1f}" for value in values))
    over = [median(flow[clock] - calls[clock] for flow, calls in pairs) for clock in (0, 1)]
    table.add_row(f"difference (target: at most {ALLOWED_S})", *(f"{value:.1f}" for value in over))
    table.add_row("Prefect server, cold start", f"{cold:.1f}", "")
    Console().print(table)


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    wall, processor = time.monotonic(), _processor_s()
    call()
    return time.monotonic() - wall, _processor_s() - processor


def _processor_s() -> float:
    """Of this process and of the children that it has waited for, such as the self-test's."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _pair(folder: Path) -> tuple[Callable[[int], object], Callable[[int], object]]:
    """Return a retrain by the flow and one by plain calls, each of a seed. Rows are validated once, before both."""
    from deploy.bundle.build import build_bundle
    from deploy.evaluation.gate import judge
    from deploy.evaluation.score import score_rows
    from deploy.repository.channels import champion_runtime, point, publish, try_on_device
    from flows.retrain import retrain
    from model.export.graphs import export_graphs
    from model.training.loop import train
    from schemas.spec.load import load_spec
    from tasks.rows import open_data, validate
    from trunkline_edge.understanding.session import open_folder

    dataset = open_data(validate(load_spec(SPEC)))

    def tracked(seed: int) -> object:
        return retrain(SPEC, overrides=[f"train.seed={seed}"])

    def plain(seed: int) -> object:
        spec, place = load_spec(SPEC, overrides=[f"train.seed={seed}"]), folder / str(seed)
        for _ in train(spec, dataset, place / "net"):
            pass
        graphs = export_graphs(place / "net", dataset, spec, place / "graphs")
        built = build_bundle(
            graphs, dataset, spec, run_id="plain", created="2026-11-26T00:00:00+00:00", out=place / "bundle"
        )
        try_on_device(built.folder)
        before = champion_runtime(folder / "repository", spec.name, "local")
        ours, theirs = (
            score_rows(runtime, dataset.batches("test")).scores if runtime else None
            for runtime in (open_folder(built.folder), before)
        )
        assert ours is not None
        verdict = judge(ours, theirs, spec.gate, tuple(spec.main_heads))
        if verdict.promote:
            manifest = publish(folder / "repository", built.folder, seed + 1)
            point(folder / "repository", spec.name, "local", manifest.bundle_id)
        return verdict

    return tracked, plain


if __name__ == "__main__":
    main()
