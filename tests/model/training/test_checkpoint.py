from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from torch import nn

from model.training.checkpoint import load_tensors, optimiser_tensors, prefixed, restore_optimiser, save_tensors, under

FACTS = {"epoch": 3, "score": -math.inf, "sums": {"loss/größe": 0.1 + 0.2}, "history": [{"valid": {}}]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some.safetensors"
    save_tensors(path, {"a": torch.arange(1000.0), "b": torch.zeros((), dtype=torch.int64)}, FACTS)
    return path


def test_tensors_and_facts_come_back_as_they_were(tmp_path: Path) -> None:
    tensors = {
        "turned": torch.randn(3, 4, dtype=torch.float64).T,
        "half": torch.randn(5).bfloat16(),
        "flags": torch.tensor([True, False]),
        "nothing": torch.zeros(0, 7),
        "number": torch.tensor(math.pi),
        "weight": nn.Parameter(torch.randn(2)),
    }
    save_tensors(tmp_path / "t", tensors, FACTS)
    read, facts = load_tensors(tmp_path / "t")
    assert facts == FACTS
    assert read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor)


@pytest.mark.parametrize("share", [0, 0.001, 0.01, 0.5, 0.999])
def test_a_file_cut_in_the_middle_is_refused(file: Path, share: float) -> None:
    raw = file.read_bytes()
    file.write_bytes(raw[: int(share * len(raw))])
    with pytest.raises(SafetensorError):
        load_tensors(file)


def test_a_write_that_fails_leaves_the_old_file(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(TypeError):
        save_tensors(file, {"a": torch.zeros(1)}, {"bad": object()})
    assert file.read_bytes() == before


def test_a_write_that_is_killed_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "t"
    save_tensors(path, {"a": torch.full((1 << 20,), 0.0)}, {"write": 0})
    # Writes as fast as it can until it is killed in the middle of one.
    script = (
        "import sys, torch; from pathlib import Path; from model.training.checkpoint import save_tensors\n"
        "for n in range(1, 10**6):\n"
        "    save_tensors(Path(sys.argv[1]), {'a': torch.full((1 << 20,), float(n))}, {'write': n})\n"
        "    print(n, flush=True)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    for _ in range(3):
        writer.stdout.readline()
    writer.kill()
    writer.wait()
    tensors, facts = load_tensors(path)
    assert facts["write"] >= 3
    assert (tensors["a"] == facts["write"]).all()


def _net() -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    net = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)])
    groups = [
        {"params": net[:2].parameters(), "weight_decay": 0.1},
        {"params": net[2].parameters(), "weight_decay": 0.0},
    ]
    return net, torch.optim.AdamW(groups, lr=0.1, fused=True)


def _steps(net: nn.Module, optimiser: torch.optim.Optimizer, first: int, last: int) -> None:
    for number in range(first, last):
        torch.manual_seed(number)
        x = torch.randn(8, 4)
        optimiser.zero_grad(set_to_none=True)
        # The second layer has no gradient in the first steps, as a head that no batch has labelled so far.
        used = [net[0], net[2]] if number < 3 else list(net)
        nn.Sequential(*used)(x).square().sum().backward()
        optimiser.step()


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_an_optimiser_goes_on_where_it_was_saved(tmp_path: Path, cut: int) -> None:
    whole, optimiser = _net()
    _steps(whole, optimiser, 0, 8)
    first, optimiser = _net()
    _steps(first, optimiser, 0, cut)
    tensors = prefixed("net", first.state_dict()) | prefixed("optimiser", optimiser_tensors(optimiser))
    save_tensors(tmp_path / "t", tensors, {})
    read, _ = load_tensors(tmp_path / "t")
    second, optimiser = _net()
    second.load_state_dict(under("net", read))
    restore_optimiser(optimiser, under("optimiser", read))
    _steps(second, optimiser, cut, 8)
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), second.parameters(), strict=True))


def test_what_lies_under_one_prefix_is_not_found_under_another() -> None:
    tensors = {"a": torch.zeros(1), "net/a": torch.ones(1)}
    assert under("net", prefixed("net", tensors)).keys() == tensors.keys()
    assert under("ne", prefixed("net", tensors)) == {}
