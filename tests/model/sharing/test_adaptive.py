"""What adaptive sharing promises; one branch and T branches are in tests/model/test_equivalences.py."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model.data.batches import IGNORE, Batch, collate
from model.net import Net
from model.sharing.adaptive import Adaptive, margins
from model.sharing.grouping import branch_affinity, choose_grouping, grouping_cost
from model.training.finished import load_net, read_history, read_tables
from model.training.loop import Training
from model.training.reports import EpochReport
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS = ("intent", "slots", "topics", "urgency", "next_word")


@pytest.fixture(scope="module")
def splitting(workshop: Workshop) -> Spec:
    """A net that splits wherever two heads disagree on one example."""
    return workshop.spec(
        HEADS, sharing={"kind": "adaptive", "branch_cost": 0, "every": 1}, epochs=3, checkpoint_steps=2
    )


@pytest.fixture(scope="module")
def data(workshop: Workshop, splitting: Spec) -> Dataset:
    return workshop.dataset(splitting)


@pytest.fixture(scope="module")
def batch(workshop: Workshop, splitting: Spec, data: Dataset) -> Batch:
    encoded, _ = workshop.encoded(splitting, data)
    return collate(encoded, np.arange(len(encoded)))


@pytest.fixture
def net(workshop: Workshop, splitting: Spec, data: Dataset) -> Net:
    return workshop.net(splitting, data).double()


def _system(net: Net) -> Adaptive:
    assert isinstance(net.sharing, Adaptive)
    return net.sharing


def _scores(workshop: Workshop, count: int, layers: int = 2, **sharing: Any) -> Adaptive:
    """Return an adaptive system over score heads, whose margins are what a test says."""
    heads = {f"h{number}": {"kind": "score"} for number in range(count)}
    spec = workshop.spec(heads, {"layers": layers}, {"kind": "adaptive", "every": 1, **sharing})
    plans = tuple(HeadPlan(name, "score", (), 1.0, False) for name in heads)
    system = Net(spec, plans, 200).sharing
    assert isinstance(system, Adaptive)
    return system


def _observe(system: Adaptive, distances: NDArray[np.float64]) -> None:
    """Show margins of shape (heads, examples), NaN where unlabelled."""
    targets = {f"h{number}": torch.tensor(line, dtype=torch.float32) for number, line in enumerate(distances)}
    system.observe({name: torch.zeros(len(line), 1) for name, line in targets.items()}, targets)


def test_affinity_is_the_share_of_examples_hard_or_easy_for_both(workshop: Workshop) -> None:
    rng = np.random.default_rng(0)
    distances = rng.exponential(size=(4, 50))
    distances[rng.random((4, 50)) < 0.2] = np.nan
    system = _scores(workshop, 4)
    _observe(system, distances)
    found = system.affinity().numpy()
    hard = distances >= np.nanmean(distances, axis=1, keepdims=True)
    for s in range(4):
        for t in range(4):
            both = ~np.isnan(distances[s]) & ~np.isnan(distances[t])
            assert found[s, t] == pytest.approx((hard[s] == hard[t])[both].mean(), abs=1e-6)
    assert (found == found.T).all()
    assert (found.diagonal() == 1).all()


def test_heads_never_labelled_together_get_the_affinity_of_unrelated_ones(workshop: Workshop) -> None:
    distances = np.full((3, 40), np.nan)
    distances[0, :20] = np.where(np.arange(20) < 5, 9.0, 1.0)  # a quarter of its examples is hard
    distances[1, 20:] = np.where(np.arange(20) < 10, 9.0, 1.0)
    system = _scores(workshop, 3)  # the third is never labelled: nothing is known of it
    _observe(system, distances)
    affinity = system.affinity()
    assert float(affinity[0, 1]) == pytest.approx(0.25 * 0.5 + 0.75 * 0.5)
    assert affinity[2].tolist() == [0.5, 0.5, 1.0]


def test_examples_are_hard_against_a_mean_over_batches(workshop: Workshop) -> None:
    system = _scores(workshop, 2)
    _observe(system, np.array([[1.0, 1.0], [1.0, 1.0]]))
    _observe(system, np.array([[3.0, 3.0], [0.5, 0.5]]))  # alone, each batch would find all its examples hard
    assert system.affinity()[0, 1] == 0.5


def test_margins_are_distances_of_answers_from_labels() -> None:
    def plan(kind: Any) -> HeadPlan:
        return HeadPlan("h", kind, (), 1.0, False)

    logits = torch.tensor([[0.25, 0.75], [0.5, 0.5], [0.9, 0.1]]).log()
    assert margins(plan("class"), logits, torch.tensor([0, 1, IGNORE])).tolist() == pytest.approx(
        [0.75, 0.5, np.nan], nan_ok=True
    )
    tags = margins(plan("tag"), logits[None], torch.tensor([[0, IGNORE, 1]]))
    assert tags.tolist() == pytest.approx([(0.75 + 0.9) / 2])
    many = margins(plan("multilabel"), torch.zeros(2, 2), torch.tensor([[1.0, 0.0], [np.nan, np.nan]]))
    assert many.tolist() == pytest.approx([0.5, np.nan], nan_ok=True)
    score = margins(plan("score"), torch.tensor([[3.0], [1.0]]), torch.tensor([5.0, np.nan]))
    assert score.tolist() == pytest.approx([2.0, np.nan], nan_ok=True)


def test_affinity_of_branches_is_the_mean_over_one_of_the_least_in_the_other() -> None:
    heads = np.array([[1, 0.9, 0.2], [0.9, 1, 0.6], [0.2, 0.6, 1]])
    found = branch_affinity(heads, [[0, 1], [2]])
    assert found[0, 1] == found[1, 0] == pytest.approx(((0.2 + 0.6) / 2 + 0.2) / 2)
    assert found[0, 0] == pytest.approx(0.9)
    assert found[1, 1] == 1
    assert np.array_equal(branch_affinity(heads, [[0], [1], [2]]), heads)


def test_the_cost_of_a_grouping_is_its_branches_and_the_disagreement_inside_them() -> None:
    affinity = np.array([[1, 0.9, 0.2], [0.9, 1, 0.6], [0.2, 0.6, 1]])
    assert grouping_cost(affinity, [[0, 1], [2]], 0.05) == pytest.approx(0.05 + 0.5 * 0.1)
    assert grouping_cost(affinity, [[0, 1, 2]], 0.05) == pytest.approx(1 - (0.2 + 0.6 + 0.2) / 3)
    assert grouping_cost(affinity, [[0], [1], [2]], 0.05) == pytest.approx(0.1)


@pytest.mark.parametrize("sizes", [(2, 2), (3, 2), (2, 2, 2), (4, 3, 1), (1, 5), (3, 3, 2)])
def test_planted_groups_are_found_through_noise(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(sum(sizes))
    group = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    noise = rng.uniform(-0.02, 0.02, (len(group), len(group)))
    affinity = np.where(group[:, None] == group, 0.9, 0.55) + (noise + noise.T) / 2
    np.fill_diagonal(affinity, 1)
    found = choose_grouping(affinity, 0.08).groups
    assert {frozenset(group[list(members)].tolist()) for members in found} == {frozenset([i]) for i in set(group)}
    assert sorted(map(len, found)) == sorted(sizes)
    assert choose_grouping(affinity, 0).groups == tuple((i,) for i in range(len(group)))
    assert len(choose_grouping(affinity, 1).groups) == 1
    assert choose_grouping(np.ones_like(affinity), 0).cost == 0
    assert len(choose_grouping(np.ones_like(affinity), 0).groups) == 1


def test_a_split_changes_no_answer(net: Net, batch: Batch) -> None:
    with torch.no_grad():
        before = net.eval()(batch.ids, batch.mask)
        for epoch in (1, 2):
            # Answers of another net: what counts here is that heads disagree somewhere.
            net.sharing.observe({k: v + torch.randn_like(v) for k, v in before.items()}, batch.targets)
            net.on_epoch_end(epoch)
            after = net(batch.ids, batch.mask)
            assert all(torch.equal(before[head], after[head]) for head in before)
            exported = net.for_export()(batch.ids, batch.mask)
            torch.testing.assert_close(exported, after, atol=1e-12, rtol=0)
    assert _system(net).routes == [[0, 1, 2, 3], [0, 1, 2, 3]]
    parameters = {id(parameter) for parameter in net.parameters()}
    assert len({id(p) for p in net.sharing.shared_parameters()} & parameters) == len(
        [*_system(net).embedding.parameters(), *_system(net).layers[0][0].parameters()]
    )  # the next-word head shares the first branch of the first layer


def test_a_split_of_a_trained_tree_changes_no_answer(net: Net, batch: Batch) -> None:
    # Only the first branch has learned until now: a split that left the copies as they began would show.
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    for epoch in (1, 2):
        for _ in range(3):
            optimiser.zero_grad()
            sum(net.train().losses(net(batch.ids, batch.mask), batch.targets).values()).backward()
            optimiser.step()
        with torch.no_grad():
            before, routes = net.eval()(batch.ids, batch.mask), [list(each) for each in _system(net).routes]
            net.sharing.observe({k: v + torch.randn_like(v) for k, v in before.items()}, batch.targets)
            net.on_epoch_end(epoch)
            assert _system(net).routes != routes
            after = net(batch.ids, batch.mask)
            assert all(torch.equal(before[head], after[head]) for head in before)


def test_branches_of_an_untrained_copy_get_no_gradient_until_a_head_reads_them(net: Net, batch: Batch) -> None:
    sum(net.losses(net(batch.ids, batch.mask), batch.targets).values()).backward()
    for copies in _system(net).layers:
        trained = [any(p.grad is not None for p in branch.parameters()) for branch in copies]
        assert trained == [True, False, False, False]


def test_the_top_layer_splits_first_and_one_group_leaves_all_below_whole(workshop: Workshop) -> None:
    rng = np.random.default_rng(0)
    system = _scores(workshop, 4, layers=4, branch_cost=0.1, every=2)
    shared = rng.exponential(size=(2, 400))
    apart, together = shared[[0, 1, 0, 1]], shared[[0, 0, 0, 0]]
    seen = []
    for epoch, distances in enumerate((apart, apart, apart, apart, together, together, apart, apart), start=1):
        _observe(system, distances)
        system.on_epoch_end(epoch)
        seen.append(system.routes)
    split, whole = [0, 1, 0, 1], [0, 0, 0, 0]
    assert seen[0] == [whole] * 4
    assert seen[1] == [whole, whole, whole, split]
    assert seen[3] == [whole, whole, split, split]
    assert seen[5] == seen[7] == [whole, whole, split, split]


def test_branches_only_ever_part_on_the_way_up(workshop: Workshop) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        system = _scores(workshop, 6, layers=3, branch_cost=0.05)
        for epoch in (1, 2, 3):
            groups = rng.integers(0, 3, 6)
            _observe(system, rng.exponential(size=(3, 60))[groups] + rng.exponential(size=(6, 60)))
            system.on_epoch_end(epoch)
        for low, high in zip(system.routes, system.routes[1:], strict=False):
            assert all(low[s] == low[t] for s in range(6) for t in range(6) if high[s] == high[t])


def _planted_rows(heads: tuple[str, ...]) -> list[dict[str, Any]]:
    """Heads a* read the animal and heads b* the colour; no rule tells the labels of `fog` and of `haze`."""
    rng = random.Random(0)
    rows = []
    for number in range(240):
        animal, colour = rng.choice(["cat", "dog", "cow", "fog"]), rng.choice(["red", "blue", "green", "haze"])
        word = {"a": animal, "b": colour}
        labels = {
            head: rng.choice("xy")
            if word[head[0]] in ("fog", "haze")
            else "xy"[(word[head[0]] in ("cat", "red")) ^ (head[1] == "2")]
            for head in heads
        }
        rows.append({"text": f"{animal} {colour} {number}", "split": "train", "labels": labels})
    return rows


@pytest.mark.parametrize(("heads", "tops"), [(("a1", "b1", "a2", "b2"), [0, 1, 0, 1]), (("a1", "a2", "a3"), [0, 0, 0])])
def test_unrelated_groups_of_heads_separate_first_and_related_heads_stay_together(
    workshop: Workshop, heads: tuple[str, ...], tops: list[int]
) -> None:
    spec = workshop.spec(
        {head: {"kind": "class"} for head in heads},
        sharing={"kind": "adaptive", "branch_cost": 0.1, "every": 2},
        epochs=3,
        batch_size=16,
    )
    training = Training(spec, workshop.dataset(spec, _planted_rows(heads)), workshop.folder())
    after = []
    for report in training.run():
        if isinstance(report, EpochReport):
            after.append(_system(training.net).routes)
    whole = [0] * len(heads)
    assert after[:3] == [[whole, whole], [whole, tops], [whole, tops]]


def test_a_training_dropped_after_a_split_ends_as_if_it_had_not_been(
    workshop: Workshop, splitting: Spec, data: Dataset
) -> None:
    resumed = workshop.weights(splitting, workshop.train_in_two(splitting, data, 4))
    finished = workshop.train(splitting, data)
    whole = workshop.weights(splitting, finished)
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)
    affinity, tree = read_tables(finished)
    assert affinity.rows == affinity.columns == tree.columns == ("intent", "slots", "topics", "urgency")
    assert tree.rows == ("layer 1", "layer 2")
    best = max(read_history(finished), key=lambda epoch: epoch.score).epoch
    assert max(tree.values[1]) == (3 if best > 1 else 0)


def test_each_branch_at_the_top_is_one_tensor_of_the_export(net: Net) -> None:
    system = _system(net)
    assert set(system.hidden_names().values()) == {"hidden.0"}
    system.routing[1] = torch.tensor([0, 1, 1, 2])
    assert system.hidden_names() == {
        "intent": "hidden.0",
        "slots": "hidden.1",
        "topics": "hidden.1",
        "urgency": "hidden.2",
    }
    assert sum(name.endswith("norm.bias") for name, _ in system.for_export().named_parameters()) == 1 + 1 + 3


def test_partial_labels_and_a_single_head_train(workshop: Workshop) -> None:
    rows = workshop.rows()
    for number, row in enumerate(rows):
        row["labels"] = {k: v for k, v in row["labels"].items() if k == ("slots", "intent")[number // 2 % 2]}
    for heads in (("slots", "intent", "next_word"), ("slots",)):
        spec = workshop.spec(heads, sharing={"kind": "adaptive", "branch_cost": 0, "every": 1}, epochs=3)
        folder = workshop.train(spec, workshop.dataset(spec, rows if len(heads) > 1 else None))
        losses = [epoch.losses for epoch in read_history(folder)]
        assert all(losses[-1][head] < losses[0][head] for head in heads)
        assert set(_system(load_net(spec, folder)[0]).hidden_names()) == set(heads) - {"next_word"}
