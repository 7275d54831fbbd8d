"""`kill -9` of a retrain at random moments over the whole chain: `python -m bench.kills` (`--help` tells its options).

Each kill has a home of its own. One moment falls into each Nth of the processor time that an undisturbed retrain takes
(which other work on the machine does not move), and a moment of waiting after it. The rerun must end as the
undisturbed one did: the same bundle registered once and promoted once, each epoch once, and nothing open, half written
or empty. Server and code are real; the processes are forked from one that has imported everything, so that a kill
meets the work and not Python's imports.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "tests" / "tasks" / "tiny.yaml"
PRODUCT = "tiny"
EPOCHS = "train.epochs=20"
"""So many that a good part of the kills falls into the training."""
WAIT_S = 0.3
"""At most, after the processor time is reached: else no kill would meet a process that waits for a server or a disk."""
IMPORTED = ["flows.cli.retrain", "flows.cli.remains", "flows.cli.stale_runs", "flows.retrain", "onnxscript.rewriter",
            "tasks.steps.ship", "tasks.steps.train", "tasks.tracking.runs", "torch._dynamo", "torch.onnx"]  # fmt: skip
STEPS = ("validate", "train", "export", "build", "score")
AFTER = ("judging, registering, promoting", "moving pointer and alias", "after the promotion")
MINE = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Left:
    """What stands in a home after a retrain."""

    bundles: dict[str, str]
    """Registered version -> bundle id."""
    champion: str | None
    pointer: str
    promoted: list[int]
    """Versions in the promotion log, a line each."""
    statuses: list[str]
    """Of the MLflow runs."""
    epochs: list[int]
    empty_models: list[str]
    unreadable: list[str]
    """JSON files under their own names that are none."""
    remains: list[str]
    """What `trunkline doctor` finds left behind."""


def retrain(home: Path) -> None:
    """Do in this process what the command does."""
    _live_in(home)
    from flows.cli.retrain import run_retrain

    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        run_retrain(SPEC, [], [EPOCHS], as_json=True)


def make_store(home: Path) -> None:
    """Make MLflow's database, which takes as long as a whole retrain."""
    _live_in(home)
    from tasks.tracking import runs as tracking

    tracking.connect()


def look(home: Path) -> Left:
    """Return what the home and the servers hold."""
    _live_in(home)
    from flows.cli.remains import find_remains
    from tasks.settings import Settings
    from tasks.tracking import runs as tracking
    from tasks.tracking.promotions import read_history

    client = tracking.connect()
    models = {model.name: client.search_model_versions(f"name = '{model.name}'")
              for model in client.search_registered_models()}  # fmt: skip
    champion = client.get_registered_model(PRODUCT).aliases.get("champion")
    runs = client.search_runs([tracking.experiment_of(PRODUCT)])
    history = read_history(home)
    return Left(
        bundles={str(version.version): version.tags["bundle_id"] for version in models[PRODUCT]},
        champion=None if champion is None else str(champion),
        pointer=json.loads((home / "repository" / "channels" / PRODUCT / "local.json").read_bytes())["bundle_id"],
        promoted=[promotion.version for promotion in history.promotions],
        statuses=[run.info.status for run in runs],
        epochs=[metric.step for run in runs for metric in client.get_metric_history(run.info.run_id, "valid.score")],
        empty_models=[name for name, versions in models.items() if not versions],
        unreadable=[str(path.relative_to(home)) for path in home.rglob("*.json") if not _is_json(path)],
        remains=[f"{each.what}: {each.found}" for each in find_remains(Settings.from_environment(), ask_prefect=True)],
    )


def faults_of(left: Left, undisturbed: Left) -> list[str]:
    """Return what is not as after an undisturbed retrain. A half-written file's remains lie beside, and do no harm."""
    harmful = [remain for remain in left.remains if not remain.startswith(("half a file", "scratch folder"))]
    wanted = {
        "registered bundles": (left.bundles, undisturbed.bundles),
        "champion": (left.champion, undisturbed.champion),
        "channel pointer": (left.pointer, undisturbed.pointer),
        "promotions": (left.promoted, undisturbed.promoted),
        "MLflow runs": (left.statuses, ["FINISHED"]),
        "epochs": (left.epochs, undisturbed.epochs),
        "empty registered models": (left.empty_models, []),
        "files that are no JSON": (left.unreadable, []),
        "left behind": (harmful, []),
    }
    return [f"{what}: {found}, expected {expected}" for what, (found, expected) in wanted.items() if found != expected]


def reached(home: Path) -> str:
    """Return what the retrain was about when it was killed."""
    done = {path.parts[-3] for path in home.glob("cache/*/*/finished.json")}
    for step in STEPS:
        if step not in done:
            return step
    if (home / "promotions.jsonl").exists():
        return AFTER[2]
    return AFTER[1] if (home / "promotions" / f"{PRODUCT}.json").exists() else AFTER[0]


def main() -> int:
    """Print a line a kill, and the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", type=int, default=0, help="so many of the drawn moments, done by an earlier call")
    options = parser.parse_args()
    os.chdir(ROOT)
    with TemporaryDirectory() as name:
        folder = Path(name)
        _live_in(folder / "server")
        from flows.cli.prefect_server import use_prefect_server
        from tasks.settings import Settings

        settings = Settings.from_environment()
        settings.apply()
        use_prefect_server(settings)
        os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"
        MINE.set_forkserver_preload(IMPORTED)
        return _kill_all(folder, options.kills, options.seed, options.skip)


def _kill_all(folder: Path, kills: int, seed: int, skip: int) -> int:
    _end(_begin(make_store, _fresh(folder, "store")))
    shutil.rmtree(folder / "store" / "quarantine", ignore_errors=True)
    for number in range(2):  # the first one warms files and server up
        whole = _fresh(folder, f"whole-{number}", folder / "store")
        used = _ended_or_killed(_begin(retrain, whole))
    undisturbed = _looked(whole)
    assert len(undisturbed.promoted) == 1, undisturbed
    assert not faults_of(undisturbed, undisturbed), faults_of(undisturbed, undisturbed)
    print(f"undisturbed: {used:.1f} s of processor; bundle {undisturbed.pointer[:12]}; seed {seed}", flush=True)
    counted, faulty, slowest, beside = Counter[str](), Counter[str](), dict[str, float](), 0
    chance = random.Random(seed)
    moments = [((number + chance.random()) / kills, chance.uniform(0, WAIT_S)) for number in range(kills)]
    chance.shuffle(moments)
    for number, (share, wait) in list(enumerate(moments, start=1))[skip:]:
        home = folder / f"killed-{number}"
        moment = _killed(folder, home, share * used, wait)
        at = reached(home)
        begun = time.monotonic()
        _end(_begin(retrain, home))
        took, left = time.monotonic() - begun, _looked(home)
        faults = faults_of(left, undisturbed)
        counted[at] += 1
        faulty[at] += bool(faults)
        slowest[at] = max(slowest.get(at, 0.0), took)
        beside += len(left.remains)
        print(f"{number:3} at {moment:5.2f} s, {at}: rerun {took:.1f} s; {'; '.join(faults) or 'the same'}; "
              f"beside: {left.remains}", flush=True)  # fmt: skip
        shutil.rmtree(home)
    title = f"{kills - skip} of {kills} kills, seed {seed}, an undisturbed retrain {used:.1f} s of processor"
    table = Table(title=title, title_justify="left")
    for column in ("killed while", "kills", "reruns that end alike", "slowest rerun s"):
        table.add_column(column, justify="left" if column == "killed while" else "right")
    for at in (*STEPS, *AFTER):
        if counted[at]:
            table.add_row(at, str(counted[at]), str(counted[at] - faulty[at]), f"{slowest[at]:.1f}")
    Console(width=100).print(table, f"remains of half-written files, for `doctor --fix`: {beside}")
    return int(faulty.total() > 0)


def _killed(folder: Path, home: Path, moment: float, wait: float) -> float:
    """Retrain in a fresh home and kill it at a moment, earlier where it was done by then; returns the moment."""
    while True:
        process = _begin(retrain, _fresh(folder, home.name, folder / "store"))
        _ended_or_killed(process, moment, wait)
        if process.exitcode == -signal.SIGKILL:
            return moment
        moment *= 0.95
        shutil.rmtree(home)


def _ended_or_killed(process: Any, moment: float = inf, wait: float = 0.0) -> float:
    """Wait until a process has ended, or kill it after so much processor time and a wait; returns what it took."""
    used, seen = 0.0, psutil.Process(process.pid)
    while process.is_alive() and used < moment:
        with suppress(psutil.Error):
            times = seen.cpu_times()
            used = max(used, times.user + times.system)
        time.sleep(0.005)
    process.join(wait)
    if used >= moment:
        process.kill()
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"a retrain ended with {process.exitcode}")
    return used


def _fresh(folder: Path, name: str, store: Path | None = None) -> Path:
    home = folder / name
    home.mkdir()
    if store is not None:
        shutil.copy(store / "mlflow.db", home / "mlflow.db")
    return home


def _begin(work: Callable[[Path], Any], home: Path) -> Any:
    process = MINE.Process(target=work, args=(home,))
    process.start()
    return process


def _end(process: Any) -> None:
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"a retrain ended with {process.exitcode}")


def _looked(home: Path) -> Left:
    with ProcessPoolExecutor(1, mp_context=MINE) as pool:
        return pool.submit(look, home).result()


def _live_in(home: Path) -> None:
    for name in ("MLFLOW_TRACKING_URI", "PREFECT_HOME"):
        os.environ.pop(name, None)
    os.environ["TRUNKLINE_HOME"] = str(home)


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
