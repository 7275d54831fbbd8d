"""What a head's `weight` means, whatever the method: a head at 0.1 never outweighs a main head of equal gradient."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from torch import Tensor, nn

from model.balance import build_balance
from schemas.data.heads import HeadPlan
from schemas.spec.balance import BalanceSpec, takes_weights
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import parse_spec

PLANS = (HeadPlan("main", "class", ("x", "y"), 1.0, False), HeadPlan("aux", "class", ("x", "y"), 0.1, True))
SECTIONS = get_args(get_args(BalanceSpec)[0])
KINDS = [kind for section in SECTIONS for kind in get_args(section.model_fields["kind"].annotation)]
OPTIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "cosmos": {"penalty": st.floats(0, 100)},
    "pbi": {"penalty": st.floats(0, 100)},
    "stch": {"mu": st.floats(1e-3, 10)},
    "aligned_mtl": {"scale": st.sampled_from(["min", "median", "rmse"])},
    "cr_mogm": {"of": st.sampled_from(["upgrad", "pcgrad", "dualproj"]), "memory": st.floats(0, 0.99)},
    "famo": {"learning_rate": st.floats(1e-3, 1), "decay": st.floats(0, 10)},
}
RANDOM = {"rlw": 200, "graddrop": 200}
"""Draws of which the mean obeys the law: a single step of these methods is luck by design."""


def spec_of(kind: str, **options: Any) -> BalanceSpec:
    spec: BalanceSpec = TypeAdapter(BalanceSpec).validate_python({"kind": kind, **options})
    return spec


class Pair(nn.Module):
    """Two losses of value 1, whose gradients in what they share are of length 1 and have a given cosine."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Parameter(torch.zeros(3, dtype=torch.float64))
        self.sharing = self

    def last_shared_parameters(self) -> list[nn.Parameter]:
        return [self.shared]

    def losses(self, rows: Tensor) -> dict[str, Tensor]:
        return {"main": 1 + rows[0] @ self.shared, "aux": 1 + rows[1] @ self.shared}


def rows_with(cosine: float) -> Tensor:
    sine = (1 - cosine**2) ** 0.5
    return torch.tensor([[0.6, 0.8, 0.0], [0.6 * cosine - 0.8 * sine, 0.8 * cosine + 0.6 * sine, 0.0]]).double()


def falls(spec: BalanceSpec, cosines: list[float]) -> Tensor:
    """Return how fast the last of some steps lowers each loss, where all losses stand still. Shape: (2,)."""
    pair, balance = Pair(), build_balance(spec, PLANS).double()
    own = [{**group, "lr": 0.01} for group in balance.param_groups()]
    optimiser = torch.optim.AdamW(own) if own else None
    for cosine in cosines:
        rows, total = rows_with(cosine), torch.zeros(2, dtype=torch.float64)
        draws = RANDOM.get(spec.kind, 1)
        for _ in range(draws):
            pair.zero_grad(set_to_none=True)
            balance.zero_grad(set_to_none=True)
            balance.backward(pair.losses(rows), torch.zeros((), dtype=torch.float64), pair)
            assert pair.shared.grad is not None
            total += rows @ pair.shared.grad / draws
        if optimiser:
            optimiser.step()
        balance.on_step_end(lambda rows=rows: {n: loss.detach() for n, loss in pair.losses(rows).items()})
        balance.on_epoch_end({"main": 1.0, "aux": 1.0})
    return total


@pytest.mark.parametrize("kind", [kind for kind in KINDS if takes_weights(spec_of(kind)) or kind == "cr_mogm"])
@settings(max_examples=15)
@given(data=st.data())
def test_a_head_at_a_tenth_never_outweighs_a_main_head_of_equal_gradient(kind: str, data: st.DataObject) -> None:
    options = data.draw(st.fixed_dictionaries(OPTIONS.get(kind, {})))
    steps = 1 if kind in RANDOM else data.draw(st.integers(1, 12))
    cosines = data.draw(st.lists(st.floats(-0.95, 0.95), min_size=steps, max_size=steps))
    torch.manual_seed(0)
    main, aux = falls(spec_of(kind, **options), cosines).tolist()
    assert main >= aux - 2e-3  # UPGrad's and DualProj's projections are as exact as that


@pytest.mark.parametrize("kind", [kind for kind in KINDS if takes_weights(spec_of(kind))])
def test_without_conflict_a_head_at_a_tenth_counts_less_than_half(kind: str) -> None:
    torch.manual_seed(0)
    main, aux = falls(spec_of(kind), [0.0] * 60).tolist()
    assert main > 0
    assert aux < 0.5 * main


def raw(balance: dict[str, Any], weight: float) -> dict[str, Any]:
    heads = {"intent": {"kind": "class"}, "hint": {"kind": "class", "auxiliary": True, "weight": weight}}
    return {"name": "tiny", "data": [{"path": "rows.jsonl"}], "heads": heads, "balance": balance}


@pytest.mark.parametrize(
    "balance",
    [
        *({"kind": kind} for kind in ("mgda", "imtl_g", "cagrad", "fairgrad", "gradvac")),
        *({"kind": "cr_mogm", "of": of} for of in ("mgda", "imtl_g")),
    ],
)
def test_a_method_that_has_no_place_for_weights_refuses_them_by_their_field(balance: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=rf"heads\.hint\.weight is 0\.1.*{balance.get('of', balance['kind'])}"):
        parse_spec(raw(balance, 0.1))
    parse_spec(raw(balance, 1.0))


def test_the_others_take_them() -> None:
    for kind in KINDS:
        if takes_weights(spec_of(kind)):
            parse_spec(raw({"kind": kind}, 0.1))
