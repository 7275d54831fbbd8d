"""The table of limit cases: each system, at a certain setting, must equal another one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor

from model.balance import build_balance
from model.balance.jacobian import Jacobian
from model.balance.uncertainty import Uncertainty
from model.net import Net
from model.priors import Prior
from model.sharing.gated_experts import GatedExperts
from model.sharing.sluice import Sluice
from model.sharing.tensor_factor import TensorFactor
from schemas.data.heads import HeadPlan
from schemas.spec.balance import BalanceSpec
from schemas.spec.sharing import FACTORED_MODES
from tests.model.lab import HEADS, Case, Lab, Run

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

TOLERANCE = 1e-8
CASES: list[object] = []


def limit(row: str, setting: str, equals: str) -> Callable[[Case], Case]:
    """Add a row of the table."""

    def add(case: Case) -> Case:
        CASES.append(pytest.param(case, id=f"{row}: {setting} = {equals}"))
        return case

    return add


@pytest.fixture(scope="module")
def lab(workshop: Workshop) -> Lab:
    return Lab(workshop)


def assert_same(run: Run, other: Run, heads: tuple[str, ...] = tuple(HEADS)) -> None:
    """All losses on the way, and the answers at the end, are equal."""
    for mine, theirs in zip(run.losses, other.losses, strict=True):
        for head in heads:
            torch.testing.assert_close(mine[head], theirs[head], atol=TOLERANCE, rtol=0)
    for head in heads:
        torch.testing.assert_close(run.logits[head], other.logits[head], atol=TOLERANCE, rtol=0)


@limit("hard", "one head", "that head alone")
def _(lab: Lab) -> None:
    assert_same(lab.run(lab.net(lab.spec()), heads=["slots"]), lab.alone("slots"), ("slots",))


def independent(lab: Lab, **options: Any) -> Run:
    """What the lab's heads learn in nets of their own."""
    alone = [lab.alone(head, **options) for head in HEADS]
    losses = [
        {name: loss for each in step for name, loss in each.items()}
        for step in zip(*(run.losses for run in alone), strict=True)
    ]
    return Run(alone[0].net, losses, {name: logits for run in alone for name, logits in run.logits.items()})


def scale_gradients(parameters: Iterable[torch.nn.Parameter], factor: float) -> None:
    for parameter in parameters:
        parameter.register_hook(lambda gradient: gradient * factor)


def freeze(*parameters: torch.nn.Parameter) -> None:
    for parameter in parameters:
        parameter.requires_grad_(False)


@limit("soft l2", "lambda 0", "independent")
def _(lab: Lab) -> None:
    assert_same(lab.run(lab.net(lab.spec({"kind": "soft", "strength": 0}))), independent(lab))


@limit("soft trace norm", "lambda 0", "independent")
def _(lab: Lab) -> None:
    for norm in ("trace_laf", "trace_tucker", "trace_tt"):
        net = lab.net(lab.spec({"kind": "soft", "norm": norm, "strength": 0}))
        assert_same(lab.run(net, steps=10), independent(lab, steps=10))


@limit("soft l2", "lambda inf", "hard with the mean loss")
def _(lab: Lab) -> None:
    soft = lab.run(lab.net(lab.spec({"kind": "soft", "strength": 1e9})))
    hard = lab.net(lab.spec())
    scale_gradients(hard.heads.parameters(), len(HEADS))  # heads are private: their rate is not divided by T
    assert_same(soft, lab.run(hard, factor=1 / len(HEADS)))


@limit("cross-stitch", "alpha I", "independent")
def _(lab: Lab) -> None:
    for per_channel in (False, True):
        sharing = {"kind": "cross_stitch", "solo_epochs": 2, "per_channel": per_channel, "share_embedding": False}
        assert_same(lab.run(lab.net(lab.spec(sharing))), independent(lab))


@limit("grouped", "one group", "hard")
def _(lab: Lab) -> None:
    assert_same(lab.run(lab.net(lab.spec({"kind": "grouped", "groups": [list(HEADS)]}))), lab.run(lab.net(lab.spec())))


@limit("grouped", "a head a group", "independent")
def _(lab: Lab) -> None:
    net = lab.net(lab.spec({"kind": "grouped", "groups": [[head] for head in HEADS]}))
    assert_same(lab.run(net), independent(lab))


@limit("grouped", "two groups", "two nets of hard sharing")
def _(lab: Lab) -> None:
    groups = [["intent", "topics"], ["slots"]]
    found = lab.run(lab.net(lab.spec({"kind": "grouped", "groups": groups})))
    for group in groups:
        heads = {head: HEADS[head] for head in group}
        assert_same(found, lab.run(lab.net(lab.spec(heads=heads))), tuple(group))


@limit("gated experts", "one shared, none of a head's own", "hard")
def _(lab: Lab) -> None:
    net = lab.net(lab.spec({"kind": "gated_experts", "shared": 1, "private": 0}))
    assert_same(lab.run(net), lab.run(lab.net(lab.spec())))


@limit("gated experts", "gates closed to all but the first expert", "hard")
def _(lab: Lab) -> None:
    net = lab.net(lab.spec({"kind": "gated_experts", "shared": 1, "private": 1}))
    assert isinstance(net.sharing, GatedExperts)

    def only_first(_: torch.nn.Module, __: tuple[Tensor, ...], found: Tensor) -> Tensor:
        return torch.cat([found[..., :1], found[..., 1:] - 1e9], -1)

    for gate in net.sharing.gates:
        gate.register_forward_hook(only_first)
    assert_same(lab.run(net), lab.run(lab.net(lab.spec())))


@limit("sluice", "one subspace, beta one-hot", "cross-stitch")
def _(lab: Lab) -> None:
    sluice = lab.net(lab.spec({"kind": "sluice", "subspaces": 1, "last_layer": 1}))
    assert isinstance(sluice.sharing, Sluice)
    freeze(sluice.sharing.beta)
    assert_same(lab.run(sluice), lab.run(lab.net(lab.spec({"kind": "cross_stitch"}))))


@limit("tensor factorisation", "full rank", "independent")
def _(lab: Lab) -> None:
    for form, modes in FACTORED_MODES.items():
        sharing = {"kind": "tensor_factor", "form": form, "solo_epochs": 0, "share_embedding": False}
        net = lab.net(lab.spec(sharing | {"ranks": [8192] * len(modes)}))
        assert isinstance(net.sharing, TensorFactor)
        net.sharing.tie()  # once more, in float64
        # Orthonormal factors that rest turn the space of the weights, and SGD does not see that.
        freeze(*(p for name, p in net.sharing.named_parameters() if ".factors." in name))
        assert_same(lab.run(net), independent(lab))


@limit("tensor factorisation", "rank 1 over heads with equal rows", "hard")
def _(lab: Lab) -> None:
    net, hard = (
        lab.net(lab.spec({"kind": "tensor_factor", "form": "laf", "solo_epochs": 0, "ranks": [1]})),
        lab.net(lab.spec()),
    )
    assert isinstance(net.sharing, TensorFactor)
    net.sharing.tie()
    private = ("bias_ih", "bias_hh", ".norm.", ".factors.")
    for each in (net, hard):  # what stays private in a factored layer rests
        freeze(
            *(
                p
                for name, p in each.sharing.named_parameters()
                if "layers" in name or ".factors." in name
                if any(part in name for part in private)
            )
        )
    # The unit rows of T heads are 1/sqrt(T): W = core/sqrt(T) moves at 1/T of the core's rate.
    scale_gradients((p for name, p in net.sharing.named_parameters() if name.endswith(".core")), len(HEADS))
    assert_same(lab.run(net), lab.run(hard))


class _Layers(Prior):
    """No prior: the same layers, which hard sharing trains as any others."""

    def __init__(self, prior: Prior) -> None:
        super().__init__()
        self.layers = copy.deepcopy(prior)

    def project(self, hidden: Tensor) -> Tensor:
        return self.layers.project(hidden)

    def adapt(self, head: str, hidden: Tensor) -> Tensor:
        return self.layers.adapt(head, hidden)

    def penalties(self) -> dict[str, Tensor]:
        return {}


class _Ridge(_Layers):
    """strength/2 ||W||^2 on the adaptors, by its proximal step."""

    def __init__(self, prior: Prior, strength: float) -> None:
        super().__init__(prior)
        self.strength = strength

    def on_step_end(self, step: int, learning_rate: float) -> None:
        with torch.no_grad():
            for name, weight in self.layers.named_parameters():
                if name.endswith("weight"):
                    weight /= 1 + learning_rate * self.strength


def _with_prior(lab: Lab, **prior: object) -> Net:
    wide = {} if prior["kind"] == "block_sparse" else {"adaptor_width": 4}
    return lab.net(lab.spec({"kind": "hard", "prior": {**wide, **prior}}))


def _instead(net: Net, prior: Callable[[Prior], Prior]) -> Net:
    assert net.prior is not None
    other = copy.deepcopy(net)
    other.prior = prior(net.prior)
    return other


@limit("block-sparse", "lambda 0", "hard, with the same projection")
def _(lab: Lab) -> None:
    for norm in (1, 2, "inf"):
        net = _with_prior(lab, kind="block_sparse", norm=norm, strength=0)
        assert_same(lab.run(_instead(net, _Layers)), lab.run(net))


@limit("cluster", "lambda 0", "hard, with the same adaptors")
def _(lab: Lab) -> None:
    net = _with_prior(lab, kind="cluster", mean=0, between=0, within=0)
    assert_same(lab.run(_instead(net, _Layers)), lab.run(net))


@limit("relationship", "lambda 0", "hard, with the same adaptors")
def _(lab: Lab) -> None:
    net = _with_prior(lab, kind="relationship", strength=0, every=2)
    assert_same(lab.run(_instead(net, _Layers)), lab.run(net))


@limit("cluster", "lambdas (T, 1, 1) c", "ridge c")
def _(lab: Lab) -> None:
    for form in ("kmeans", "convex"):
        net = _with_prior(lab, kind="cluster", form=form, mean=3 * 0.4, between=0.4, within=0.4)
        # c ||W||^2 = 2c / 2 ||W||^2
        assert_same(lab.run(_instead(net, lambda prior: _Ridge(prior, 2 * 0.4))), lab.run(net))


@limit("relationship", "S = I", "ridge")
def _(lab: Lab) -> None:
    net = _with_prior(lab, kind="relationship", strength=0.4, every=100)
    assert_same(lab.run(_instead(net, lambda prior: _Ridge(prior, 0.4))), lab.run(net))


@limit("low supervision", "all heads at the last layer", "hard")
def _(lab: Lab) -> None:
    heads = {name: {**head, "depth": 2} for name, head in HEADS.items()}
    assert_same(lab.run(lab.net(lab.spec({"kind": "low_supervision"}, heads))), lab.run(lab.net(lab.spec())))


@limit("joint many-task", "no shortcut, no label embedding, delta 0", "low supervision")
def _(lab: Lab) -> None:
    heads = {name: {**head, "depth": depth} for (name, head), depth in zip(HEADS.items(), (2, 1, 2), strict=True)}
    bare = {"kind": "joint_many", "shortcut": False, "label_width": 0, "successive": 0}
    stack = lab.net(lab.spec({"kind": "low_supervision"}, heads))
    assert_same(lab.run(lab.net(lab.spec(bare, heads))), lab.run(stack))


@limit("adaptive", "one branch", "hard")
def _(lab: Lab) -> None:
    whole = lab.net(lab.spec({"kind": "adaptive", "branch_cost": 1}))
    lab.run(whole)  # ends with a chance to split, and does not
    assert_same(lab.run(whole), lab.run(lab.run(lab.net(lab.spec())).net))


@limit("adaptive", "a branch a head", "independent above the embedding")
def _(lab: Lab) -> None:
    split = lab.net(lab.spec({"kind": "adaptive", "branch_cost": 1}))
    split.sharing.get_buffer("routing").copy_(torch.arange(len(HEADS)).expand(2, -1))
    split.sharing.get_buffer("frontier").fill_(-1)  # the tree is grown
    split.sharing.embedding_of("intent").requires_grad_(False)
    run = lab.run(split)
    for head in HEADS:
        alone = lab.net(lab.spec(heads={head: HEADS[head]}))
        alone.sharing.embedding_of(head).requires_grad_(False)
        assert_same(run, lab.run(alone), (head,))


def balanced(lab: Lab, balance: dict[str, Any], *, at_optimum: bool = False) -> Tensor:
    """The gradient of the whole trunk on the lab's first batch, under a balancing method with equal head weights."""
    net = lab.net(lab.spec())
    method = build_balance(parse_balance(balance), net.plans).double()
    batch = lab.batches[0]
    losses = net.losses(net(batch.ids, batch.mask), batch.targets)
    if at_optimum:
        assert isinstance(method, Uncertainty)
        with torch.no_grad():  # e^s = L for IMTL-L, 2 L for uncertainty's classification form
            for log_variance, loss in zip(method.log_variances, losses.values(), strict=True):
                log_variance.copy_((loss / method.log_factor).log())
    method.backward(losses, torch.zeros((), dtype=torch.float64), net)
    return torch.cat([parameter.grad.flatten() for parameter in net.sharing.parameters() if parameter.grad is not None])


def parse_balance(balance: dict[str, Any]) -> BalanceSpec:
    parsed: BalanceSpec = TypeAdapter(BalanceSpec).validate_python(balance)
    return parsed


def aggregate(kind: str, rows: list[list[float]], **options: Any) -> Tensor:
    """A Jacobian method's direction for given gradients of as many heads."""
    jacobian = torch.tensor(rows, dtype=torch.float64)
    plans = tuple(HeadPlan(f"h{number}", "score", (), 1.0, False) for number in range(len(rows)))
    method = build_balance(parse_balance({"kind": kind, **options}), plans)
    assert isinstance(method, Jacobian)
    (gradient,), _ = method.direct([list(jacobian)], list(range(len(rows))))
    return gradient


@limit("uncertainty at its optimum, gls, scale_invariant, imtl_l, famo with even z", "equal weights", "one direction")
def _(lab: Lab) -> None:
    wanted = balanced(lab, {"kind": "scale_invariant"})
    others = [balanced(lab, {"kind": kind}) for kind in ("gls", "famo")]
    others += [balanced(lab, {"kind": kind}, at_optimum=True) for kind in ("uncertainty", "imtl_l")]
    for other in others:
        assert 1 - float(torch.cosine_similarity(wanted, other, dim=0)) < TOLERANCE


@limit("stch", "mu to 0", "the largest of the weighted losses")
def _(lab: Lab) -> None:
    net = lab.net(lab.spec())
    batch = lab.batches[0]
    losses = net.losses(net(batch.ids, batch.mask), batch.targets)
    worst = max(losses, key=lambda name: float(losses[name].detach()))
    wanted = torch.autograd.grad(losses[worst] / 3, list(net.sharing.parameters()))
    flat = torch.cat([gradient.flatten() for gradient in wanted])
    torch.testing.assert_close(balanced(lab, {"kind": "stch", "mu": 1e-5}), flat, atol=TOLERANCE, rtol=0)


ORTHOGONAL = [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]


@limit("jacobian methods", "orthogonal gradients", "their known directions")
def _(lab: Lab) -> None:
    known = {
        "upgrad": [0.5, 1, 0],
        "dualproj": [0.5, 1, 0],
        "pcgrad": [0.5, 1, 0],  # its sum [1, 2, 0], over T
        "gradvac": [0.5, 1, 0],  # likewise
        "graddrop": [0.5, 1, 0],  # likewise
        "mgda": [0.8, 0.4, 0],
        "imtl_g": [2 / 3, 2 / 3, 0],
        "aligned_mtl": [0.5, 0.5, 0],
        "nash_mtl": [0.5 * 2.5**0.5, 0.5 * 2.5**0.5, 0],  # w = 1 / |g| in units of the mean square 2.5, over T
    }
    for kind, wanted in known.items():
        found = aggregate(kind, ORTHOGONAL)
        tolerance = 1e-3 if kind in ("upgrad", "dualproj", "mgda", "nash_mtl") else TOLERANCE  # ridge, Frank-Wolfe
        torch.testing.assert_close(found, torch.tensor(wanted, dtype=torch.float64), atol=tolerance, rtol=0, msg=kind)


@limit("jacobian methods", "one head", "its gradient")
def _(lab: Lab) -> None:
    row = [3.0, -4.0, 0.5]
    kinds = ["upgrad", "dualproj", "pcgrad", "gradvac", "graddrop", "mgda", "imtl_g", "aligned_mtl", "config"]
    for kind in kinds:
        found = aggregate(kind, [row])
        torch.testing.assert_close(found, torch.tensor(row, dtype=torch.float64), atol=1e-6, rtol=0, msg=kind)
    found = aggregate("cagrad", [row], c=0.5)
    torch.testing.assert_close(found, 1.5 * torch.tensor(row, dtype=torch.float64), atol=1e-6, rtol=0)


@limit("balance", "one head", "its own loss")
def _(lab: Lab) -> None:
    for kind in ("equal", "uncertainty", "dwa", "gls", "rlw", "famo", "gradnorm", "upgrad", "pcgrad", "mgda"):
        net = lab.net(lab.spec(heads={"slots": HEADS["slots"]}))
        batch = lab.batches[0]
        losses = net.losses(net(batch.ids, batch.mask), {"slots": batch.targets["slots"]})
        own = torch.autograd.grad(losses["slots"], list(net.parameters()), retain_graph=True)
        method = build_balance(parse_balance({"kind": kind}), net.plans).double()
        method.backward(losses, torch.zeros((), dtype=torch.float64), net)
        for parameter, gradient in zip(net.parameters(), own, strict=True):
            torch.testing.assert_close(parameter.grad, gradient, atol=TOLERANCE, rtol=1e-6, msg=kind)


# The cases of each system follow; this test stays last, as the table is filled while the module loads.


@pytest.mark.parametrize("case", CASES)
def test_a_system_at_its_limit_is_another_one(case: Case, lab: Lab) -> None:
    case(lab)
