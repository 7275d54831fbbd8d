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


SLIPS: dict[str, dict[str, dict[str, str]]] = {
    "balance/test_scalarized.py": {
        "balance/base.py": {
            "return weights / weights.sum()": "return weights / len(weights)",
        },
        "balance/dwa.py": {
            "rates = (last / before)": "rates = (before / last)",
        },
        "balance/famo.py": {
            "scale = 1 / (weights / shifted.detach()).sum()": "scale = 1.0",
        },
    },
    "balance/test_equal.py": {
        "balance/equal.py": {
            "self.weights[name] / total for": "1 / len(losses) for",
        },
    },
    "balance/test_uncertainty.py": {
        "balance/uncertainty.py": {
            "torch.exp(-logs) * values": "torch.exp(logs) * values",
            "0.5 if each else 1.0": "1.0 if each else 0.5",
        },
    },
    "balance/test_gradnorm.py": {
        "balance/gradnorm.py": {
            ") ** self.alpha": ")",
            "torch.sign(pull - target)": "torch.sign(target - pull)",
        },
    },
    "balance/test_head_weights.py": {
        "balance/scalarized.py": {
            "(1 / shares) / (1 / shares).norm()": "shares / shares.norm()",
        },
    },
    "balance/test_jacobian.py": {
        "balance/jacobian.py": {
            "parameter.grad = reached[0] / len(losses)": "parameter.grad = reached[0]",
            "loss * (share * len(losses))": "loss",
        },
        "balance/gramian_weights.py": {
            "memory * before + (1 - memory) * new": "memory * new + (1 - memory) * before",
            "matrix @ weights - preferences / weights\n": "matrix @ weights - 1 / weights\n",
        },
    },
    "sharing/test_soft.py": {
        "sharing/soft.py": {
            "1 / (1 + 2 * pull)": "1 / (1 + pull)",
            "pull = period * learning_rate": "pull = learning_rate",
        },
    },
    "sharing/test_tensors.py": {
        "sharing/tensors.py": {
            "(1 - threshold / values": "(1 - threshold / values.square()",
            "error**2 * tails[-1]": "error * tails[-1]",
        },
    },
    "sharing/test_gated_experts.py": {
        "sharing/gated_experts.py": {
            "share = gate(state).softmax(-1)": "share = gate(state).sigmoid()",
            "other.read.lstm.reset_parameters()": "pass",
            "(s.detach() * words).sum((0, 1))": "s.detach().sum((0, 1))",
        },
    },
    "sharing/test_low_rank.py": {
        "sharing/low_rank.py": {
            "self.own[head] @ self.down": "self.down",
            "self.weights[head].softmax(0)": "self.weights[head].sigmoid()",
            "torch.randn(heads, ups)": "torch.zeros(heads, ups)",
        },
    },
    "layers/test_masked_word.py": {
        "layers/heads.py": {
            "unknown = torch.full_like(ids, PAD_ID)": "unknown = ids.clone()",
            "(rows + self.step) %": "rows %",
            "torch.where(self.covered(target != IGNORE), target, IGNORE)": "target",
        },
    },
    "../test_next_word.py": {
        "layers/heads.py": {
            "sum(1)[:, None, None] - 1": "sum(1)[:, None, None] * 0 + mask.shape[1] - 1",
        },
    },
    "layers/test_causality.py": {
        "sharing/grouped.py": {
            "causal.append(reads[0]": "causal.append(reads[-1]",
        },
    },
    "sharing/test_grouped.py": {
        "sharing/grouped.py": {
            "else tops)[self.group_of[head.name]]": "else tops)[0]",
        },
    },
    "sharing/test_cross_stitch.py": {
        "sharing/cross_stitch.py": {
            "(1 - own) / (parts - 1)": "(1 - own) / parts",
        },
    },
    "sharing/test_sluice.py": {
        "sharing/sluice.py": {
            "way.chunk(4)[2]": "way.chunk(4)[1]",
            "(squares.sum() - squares.trace()) / 2": "squares.sum() / 2",
        },
    },
    "sharing/test_low_supervision.py": {
        "sharing/low_supervision.py": {
            '1 if head.kind == "next_word" else head.depth or': '1 if head.kind == "next_word" else',
        },
    },
    "sharing/test_joint_many.py": {
        "sharing/joint_many.py": {
            "pull / (1 + pull)": "pull",
            "sure = logits.sigmoid() if": "sure = logits.softmax(-1) if",
        },
    },
    "sharing/test_towers.py": {
        "sharing/towers.py": {
            "read[..., : read.shape[-1] // 2] if": "state if",
        },
    },
    "sharing/test_adaptive.py": {
        "sharing/adaptive.py": {
            "copies[new].load_state_dict(copies[0].state_dict())": "pass",
            "(hard + easy) / both, chance)": "hard / both, chance)",
        },
        "sharing/grouping.py": {
            ".min(axis=1).mean() for c in branches": ".mean() for c in branches",
            "(one_way + one_way.T) / 2": "one_way",
        },
    },
    "priors/test_block_sparse.py": {
        "priors/block_sparse.py": {
            "entries ** (1 - 1 / float(spec.norm))": "entries",
            "1 - tau / lengths": "1 - tau",
        },
    },
    "priors/test_cluster.py": {
        "priors/cluster.py": {
            "(heads - clusters + 1) * least": "(heads - clusters) * least",
            "+ 2 * learning_rate * metric": "+ learning_rate * metric",
        },
    },
    "priors/test_relationship.py": {
        "priors/relationship.py": {
            ") / (b * d)": ") / d",
            "(1 - SHRINKAGE) * scaled + SHRINKAGE * identity": "scaled + 1e-3 * identity",
        },
    },
    "training/test_head_moments.py": {
        "training/head_moments.py": {
            "self.weights[head] / total].append": "1.0].append",
            "self.clip_norm / (norm + 1e-6)": "self.clip_norm",
        },
    },
}
"""Tests below tests/model/ -> file below model/ -> what stands there once -> the slip."""
MUTANTS = tuple(
    Mutant(file, right, wrong, tests)
    for tests, files in SLIPS.items()
    for file, slips in files.items()
    for right, wrong in slips.items()
)


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
            options = ["-q", "-x", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
            found = int(pytest.main([*options, "-o", f"pythonpath={overlay} {ROOT}", *paths]))
            origin = sys.modules["model"].__file__
            assert origin and origin.startswith(folder), f"the tests ran against {origin}"
            code = found
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
