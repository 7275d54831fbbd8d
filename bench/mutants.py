"""Do the tests of sharing, balance and priors notice a wrong formula? `python -m bench.mutants [WORD]`.

Each mutant is one slip that a hand could make, in one line of a copy of `model/`; the tests named beside it run against
the copy, and must fail. WORD keeps the mutants in whose file or line it stands. Torch is loaded once: every run is a
fork, as loading takes longer than most of these tests. A mutant that lives points at a test that can't fail.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import pytest
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
KILLED, LIVES = int(pytest.ExitCode.TESTS_FAILED), int(pytest.ExitCode.OK)


@dataclass(frozen=True)
class Mutant:
    """One slip."""

    file: str
    """Below model/."""
    right: str
    """Stands there once."""
    wrong: str
    tests: str
    """A file below tests/model/, or a test in it."""


MUTANTS = (
    Mutant("balance/base.py", "return weights / weights.sum()", "return weights / len(weights)", "balance/test_scalarized.py"),
    Mutant("balance/equal.py", "self.weights[name] / total for", "1 / len(losses) for", "balance/test_equal.py"),
    Mutant("balance/uncertainty.py", "torch.exp(-logs) * values", "torch.exp(logs) * values", "balance/test_uncertainty.py"),
    Mutant("balance/uncertainty.py", "0.5 if each else 1.0", "1.0 if each else 0.5", "balance/test_uncertainty.py"),
    Mutant("balance/dwa.py", "rates = (last / before)", "rates = (before / last)", "balance/test_scalarized.py"),
    Mutant("balance/famo.py", "scale = 1 / (weights / shifted.detach()).sum()", "scale = 1.0", "balance/test_scalarized.py"),
    Mutant("balance/gradnorm.py", ") ** self.alpha", ")", "balance/test_gradnorm.py"),
    Mutant("balance/gradnorm.py", "torch.sign(pull - target)", "torch.sign(target - pull)", "balance/test_gradnorm.py"),
    Mutant("balance/scalarized.py", "(1 / shares) / (1 / shares).norm()", "shares / shares.norm()", "balance/test_head_weights.py"),
    Mutant("balance/jacobian.py", "parameter.grad = reached[0] / len(losses)", "parameter.grad = reached[0]", "balance/test_jacobian.py"),
    Mutant("balance/jacobian.py", "loss * (share * len(losses))", "loss", "balance/test_jacobian.py"),
    Mutant("balance/gramian_weights.py", "memory * before + (1 - memory) * new", "memory * new + (1 - memory) * before", "balance/test_jacobian.py"),
    Mutant("balance/gramian_weights.py", "matrix @ weights - preferences / weights\n", "matrix @ weights - 1 / weights\n", "balance/test_jacobian.py"),
    Mutant("sharing/soft.py", "1 / (1 + 2 * pull)", "1 / (1 + pull)", "sharing/test_soft.py"),
    Mutant("sharing/soft.py", "pull = period * learning_rate", "pull = learning_rate", "sharing/test_soft.py"),
    Mutant("sharing/tensors.py", "(1 - threshold / values", "(1 - threshold / values.square()", "sharing/test_tensors.py"),
    Mutant("sharing/tensors.py", "error**2 * tails[-1]", "error * tails[-1]", "sharing/test_tensors.py"),
    Mutant("sharing/cross_stitch.py", "(1 - own) / (parts - 1)", "(1 - own) / parts", "sharing/test_cross_stitch.py"),
    Mutant("sharing/sluice.py", "way.chunk(4)[2]", "way.chunk(4)[1]", "sharing/test_sluice.py"),
    Mutant("sharing/sluice.py", "(squares.sum() - squares.trace()) / 2", "squares.sum() / 2", "sharing/test_sluice.py"),
    Mutant("sharing/low_supervision.py", "1 if head.kind == \"next_word\" else head.depth or", "1 if head.kind == \"next_word\" else", "sharing/test_low_supervision.py"),
    Mutant("sharing/joint_many.py", "pull / (1 + pull)", "pull", "sharing/test_joint_many.py"),
    Mutant("sharing/joint_many.py", "sure = logits.sigmoid() if", "sure = logits.softmax(-1) if", "sharing/test_joint_many.py"),
    Mutant("sharing/towers.py", "read[..., : read.shape[-1] // 2] if", "state if", "sharing/test_towers.py"),
    Mutant("sharing/adaptive.py", "copies[new].load_state_dict(copies[0].state_dict())", "pass", "sharing/test_adaptive.py"),
    Mutant("sharing/adaptive.py", "(hard + easy) / both, chance)", "hard / both, chance)", "sharing/test_adaptive.py"),
    Mutant("sharing/grouping.py", ".min(axis=1).mean() for c in branches", ".mean() for c in branches", "sharing/test_adaptive.py"),
    Mutant("sharing/grouping.py", "(one_way + one_way.T) / 2", "one_way", "sharing/test_adaptive.py"),
    Mutant("priors/block_sparse.py", "entries ** (1 - 1 / float(spec.norm))", "entries", "priors/test_block_sparse.py"),
    Mutant("priors/block_sparse.py", "1 - tau / lengths", "1 - tau", "priors/test_block_sparse.py"),
    Mutant("priors/cluster.py", "(heads - clusters + 1) * least", "(heads - clusters) * least", "priors/test_cluster.py"),
    Mutant("priors/cluster.py", "+ 2 * learning_rate * metric", "+ learning_rate * metric", "priors/test_cluster.py"),
    Mutant("priors/relationship.py", ") / (b * d)", ") / d", "priors/test_relationship.py"),
    Mutant("priors/relationship.py", "(1 - SHRINKAGE) * scaled + SHRINKAGE * identity", "scaled + 1e-3 * identity", "priors/test_relationship.py"),
    Mutant("training/head_moments.py", "self.weights[head] / total].append", "1.0].append", "training/test_head_moments.py"),
    Mutant("training/head_moments.py", "self.clip_norm / (norm + 1e-6)", "self.clip_norm", "training/test_head_moments.py"),
)  # fmt: skip


def outcome(mutant: Mutant | None, tests: Sequence[str], log: Path) -> int:
    """Run tests in a fork, against a mutant's copy of `model/`; returns pytest's exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with TemporaryDirectory() as folder, log.open("w") as out, redirect_stdout(out), redirect_stderr(out):
        code = 99
        try:
            overlay = Path(folder)
            shutil.copytree(ROOT / "model", overlay / "model", ignore=shutil.ignore_patterns("__pycache__"))
            if mutant:
                path = overlay / "model" / mutant.file
                path.write_text(mutated(path.read_text(), mutant))
            sys.path.insert(0, str(overlay))
            paths = [str(ROOT / "tests" / "model" / each) for each in tests]
            # The project's own `pythonpath` would put its `model/` before the copy.
            options = ["-q", "-x", "-p", "no:cacheprovider", "--rootdir", str(ROOT), "-o", f"pythonpath={overlay} {ROOT}"]
            code = int(pytest.main([*options, *paths]))
            origin = sys.modules["model.balance"].__file__
            assert origin and origin.startswith(folder), f"the tests ran against {origin}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            out.flush()
            os._exit(code)
    raise AssertionError("the fork has left by now")


def mutated(source: str, mutant: Mutant) -> str:
    """Return the source with the slip."""
    if source.count(mutant.right) != 1:
        raise ValueError(f"model/{mutant.file} has {mutant.right!r} {source.count(mutant.right)} times; expected once")
    return source.replace(mutant.right, mutant.wrong)


def check(mutants: Sequence[Mutant], folder: Path) -> Table:
    """Run all; the tests without a mutant come first, as tests that fail anyway kill everything."""
    table = Table("where", "slip", "tests", "s", "", title="mutants of the sharing mathematics")
    tests = list(dict.fromkeys(mutant.tests for mutant in mutants))
    begun = time.monotonic()
    code = outcome(None, tests, folder / "none.log")
    if code != LIVES:
        raise SystemExit(f"the tests fail without a mutant (exit code {code}): {folder / 'none.log'}")
    table.add_row("", "none", f"{len(tests)} files", f"{time.monotonic() - begun:.0f}", "passes")
    living = 0
    for number, mutant in enumerate(mutants):
        begun = time.monotonic()
        code = outcome(mutant, [mutant.tests], folder / f"{number}.log")
        living += code != KILLED
        found = {KILLED: "killed", LIVES: "LIVES"}.get(code, f"exit {code}")
        slip = f"{mutant.right.strip()} -> {mutant.wrong.strip()}"
        table.add_row(mutant.file, slip, mutant.tests, f"{time.monotonic() - begun:.0f}", found)
    table.caption = f"{len(mutants) - living} of {len(mutants)} killed"
    return table


def main() -> None:
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    # What all tests need and no mutant is in: forks begin with it. Our own packages stay unloaded.
    import sklearn.cluster
    import torch
    import torchjd.aggregation  # noqa: F401

    assert sklearn and not any(name.split(".")[0] == "model" for name in sys.modules)
    torch.set_num_threads(1)
    mutants = [mutant for mutant in MUTANTS if word in mutant.file or word in mutant.right]
    Console(width=160).print(check(mutants, Path(mkdtemp(prefix="mutants-"))))


if __name__ == "__main__":
    main()
