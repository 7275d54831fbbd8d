from __future__ import annotations

from typing import Any

import pytest

from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec
from schemas.spec.teachers import teachers_of
from schemas.spec.variants import (
    HARD,
    confirming_trials,
    default_variants,
    net_of_group,
    plan_trials,
    screening_trials,
)

HEADS = {"intent": {"kind": "class"}, "slots": {"kind": "tag"}, "next": {"kind": "next_word", "auxiliary": True}}


def spec(**sections: Any) -> Spec:
    return parse_spec({"name": "home", "data": [{"path": "rows.jsonl"}], "heads": HEADS, **sections})


def test_every_variant_and_every_baseline_tries_every_rate_and_then_has_every_seed() -> None:
    compare = {"variants": {"cross": {"sharing": {"kind": "cross_stitch"}}}, "seeds": [3, 5, 8], "rates": [2, 1]}
    trials = plan_trials(spec(compare=compare, train={"learning_rate": 0.002}))
    assert trials.variants == (HARD, "cross")
    names = [HARD, "cross", "intent alone", "slots alone"]
    assert [net.name for net in trials.nets] == names
    tried = trials.grid(trials.nets)
    assert [(t.name, t.rate, t.seed) for t in tried] == [(name, rate, 3) for name in names for rate in (0.002, 0.004)]
    rates = dict.fromkeys(names, 0.002) | {"slots alone": 0.004}
    kept = trials.of(trials.net("slots alone"), rates)
    assert [(t.seed, t.spec.train.seed, t.spec.train.learning_rate) for t in kept] == [(s, s, 0.004) for s in (3, 5, 8)]
    assert kept[0] in tried, "the training that chose the rate is the first seed's"
    assert kept[0].title == "slots alone, rate 0.004, seed 3"
    assert "learning rates 0.002, 0.004 and seed 3" in trials.budget


def test_budgets_are_equal_and_nothing_bears_the_products_name() -> None:
    trials = plan_trials(spec(train={"epochs": 9, "patience": 2}))
    assert {(net.spec.train.patience, net.spec.train.keep) for net in trials.nets} == {(9, "last")}
    assert {net.spec.name for net in trials.nets} == {"home-compare"}
    kept = {"epochs", "batch_size", "learning_rate", "patience", "warmup_share", "keep"}
    assert len({net.spec.train.model_dump_json(include=kept) for net in trials.nets}) == 1
    assert len({net.spec.trunk for net in trials.nets}) == 1


def test_a_group_of_heads_is_a_net_of_its_own_only_where_there_is_none_yet() -> None:
    trials = plan_trials(spec())
    assert net_of_group(trials, ["slots", "next", "intent"]) is trials.net(HARD)
    assert net_of_group(trials, ["slots"]) is trials.net("slots alone")
    pair = net_of_group(trials, ["intent", "slots"])
    assert (pair.name, set(pair.spec.heads), pair.spec.sharing.kind) == ("intent + slots", {"intent", "slots"}, HARD)
    assert pair.spec.train.keep == "last"


def test_a_variant_has_the_specs_moments_where_its_balance_has_any() -> None:
    variants = {
        "weighed": {"balance": {"kind": "uncertainty"}},
        "crossed": {"sharing": {"kind": "cross_stitch"}},
        "quick": {"moments": "shared", "trunk_rate": 3},
    }
    trials = plan_trials(spec(train={"moments": "per_head"}, compare={"variants": variants}))
    found = {name: trials.net(name).spec.train for name in (HARD, *variants)}
    assert {name: train.moments for name, train in found.items()} == {
        HARD: "shared", "weighed": "shared", "crossed": "per_head", "quick": "shared"
    }  # fmt: skip
    assert {name: train.trunk_rate for name, train in found.items()} == dict.fromkeys(found, 1.0) | {"quick": 3.0}


def test_a_twin_is_the_same_whatever_the_row_beside_it_says() -> None:
    plain = plan_trials(spec()).net("slots alone")
    odd = plan_trials(
        spec(
            sharing={"kind": "low_supervision"},
            heads=HEADS | {"slots": {"kind": "tag", "depth": 1, "weight": 3.0}},
            train={"probe_steps": 5, "moments": "per_head", "trunk_rate": 2.0},
        )
    ).net("slots alone")
    assert plain.spec.training_digest() == odd.spec.training_digest()
    assert set(plain.spec.heads) == {"slots"}


def test_hard_is_plain_and_probed_whatever_the_spec_says() -> None:
    trials = plan_trials(
        spec(sharing={"kind": "low_supervision"}, heads=HEADS | {"slots": {"kind": "tag", "depth": 1}})
    )
    hard = trials.net(HARD).spec
    assert (hard.sharing.kind, hard.balance.kind, hard.heads["slots"].depth) == ("hard", "equal", None)
    assert hard.train.probe_steps > 0
    assert "low_supervision" in trials.variants, "what the spec says itself is a variant too"


def test_a_net_of_fewer_heads_has_the_teachers_of_these() -> None:
    heads = {**HEADS, "mood": {"kind": "class"}}
    teachers = {"all": {}, "words": {"heads": ["slots", "mood"]}, "one": {"heads": ["intent"]}}
    trials = plan_trials(spec(heads=heads, distill={"teachers": teachers}))
    pair = net_of_group(trials, ["intent", "slots"])
    nets = {"hard": trials.net(HARD), "alone": trials.net("slots alone"), "pair": pair}
    known = {name: {each: set(of.heads) for each, of in teachers_of(net.spec).items()} for name, net in nets.items()}
    assert known == {
        "hard": {"all": {"intent", "slots", "mood"}, "words": {"slots", "mood"}, "one": {"intent"}},
        "alone": {"all": {"slots"}, "words": {"slots"}},
        "pair": {"all": {"intent", "slots"}, "words": {"slots"}, "one": {"intent"}},
    }


def test_a_row_may_change_a_head_add_an_auxiliary_one_and_leave_one_out() -> None:
    variants = {
        "low": {"sharing": {"kind": "low_supervision"}, "heads": {"slots": {"depth": 1}}},
        "more": {"heads": {"mood": {"kind": "class", "auxiliary": True}}},
        "less": {"heads": {"next": None}},
    }
    trials = plan_trials(spec(compare={"variants": variants}))
    low, more, less = (trials.net(name).spec for name in variants)
    assert (low.heads["slots"].depth, low.heads["slots"].kind) == (1, "tag")
    assert set(more.heads) == {"intent", "slots", "next", "mood"}
    assert set(less.heads) == {"intent", "slots"}
    assert "mood" in trials.base.heads, "one data set serves all variants"


def test_chosen_rows_alone_are_trained_beside_hard() -> None:
    variants = {"a": {"balance": {"kind": "equal"}}, "b": {"sharing": {"kind": "cross_stitch"}}}
    assert plan_trials(spec(compare={"variants": variants}), ["b"]).variants == (HARD, "b")


def test_a_spec_that_names_no_rows_gets_some_that_fit() -> None:
    assert set(default_variants(spec())) == {"uncertainty", "low_supervision", "cross_stitch"}
    assert "low_supervision" not in default_variants(spec(trunk={"layers": 1})), "one layer has no depths"
    assert default_variants(spec(heads={"intent": {"kind": "class"}})) == {}, "one head has nothing to share"
    assert "sluice" in default_variants(spec(sharing={"kind": "sluice"}))


@pytest.mark.parametrize(
    ("compare", "chosen", "message"),
    [
        ({"seeds": [0, 1]}, [], "compare.seeds"),
        ({"seeds": [0, 1, 1]}, [], "`seeds` has one twice"),
        ({"variants": {"grouped": {}}}, [], "`variants.grouped` is the name of the recommended groups"),
        ({"rates": [1, 1]}, [], "`rates` has one twice"),
        ({"variants": {"hard": {}}}, [], "`variants.hard` is always there"),
        (
            {"variants": {"a": {"sharings": {}}}},
            [],
            "compare.variants.a.sharings: unknown key; did you mean `sharing`?",
        ),
        (
            {"variants": {"a": {"heads": {"slots": {"dept": 1}}}}},
            [],
            "compare.variants.a: heads.slots.dept: unknown key",
        ),
        ({"variants": {"a": {"heads": {"mood": {"kind": "class"}}}}}, [], "compare.variants.a: its main heads are"),
        ({}, ["cross"], "no variant cross in this comparison; known here: hard, uncertainty"),
    ],
)
def test_an_impossible_comparison_is_refused_by_name(compare: dict, chosen: list[str], message: str) -> None:
    with pytest.raises(SpecError) as told:
        plan_trials(spec(compare=compare), chosen)
    assert message in str(told.value)


def test_the_gate_screens_with_two_seeds_and_confirms_with_a_third() -> None:
    what = spec(gate={"waive": ["intent"], "floor": {"intent": 0.5}}, train={"seed": 7, "patience": 2})
    assert [(trial.net, trial.is_baseline, trial.seed) for trial in screening_trials(what)] == [
        ("challenger", False, 8),
        ("slots", True, 7),
        ("slots", True, 8),
    ]
    assert [(trial.net, trial.is_baseline, trial.seed) for trial in confirming_trials(what, ["slots"])] == [
        ("challenger", False, 9),
        ("slots", True, 9),
    ]
    assert confirming_trials(what, []) == ()
    assert screening_trials(spec(gate={"waive": ["intent", "slots"]})) == ()
    whole = confirming_trials(what, ["slots"])[0].spec
    assert whole.model_copy(update={"train": what.train}).training_digest() == what.training_digest()


def test_waiving_an_unknown_head_is_refused() -> None:
    with pytest.raises(SpecError, match=r"gate.waive names mood; main heads are intent, slots"):
        spec(gate={"waive": ["mood"]})


@pytest.mark.parametrize(
    ("floor", "message"),
    [
        ({"intnet": 0.5}, r"gate.floor names intnet, which is no head that ships; did you mean `intent`\?"),
        ({"mood": 0.5}, r"gate.floor names mood, which is no head that ships; main heads are intent, slots"),
        ({"intent": 1.5}, r"gate.floor.intent: .* at most 1.0 \(found 1.5\)"),
        ({"intent": -0.1}, r"gate.floor.intent: .* at least 0.0 \(found -0.1\)"),
        ({"intent": float("nan")}, r"gate.floor.intent: "),
        (0.5, r"gate.floor: .* section"),
    ],
)
def test_a_floor_that_says_nothing_possible_is_refused(floor: object, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        spec(gate={"floor": floor})


def test_a_comparison_of_sharing_reads_no_names() -> None:
    named = spec(names={"name": "entity"}, compare={"variants": {"cross": {"sharing": {"kind": "cross_stitch"}}}})
    assert all(not trial.spec.names for trial in (*plan_trials(named).nets, *screening_trials(named)))


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"names": {"name": "entity"}, "sharing": {"kind": "cross_stitch"}},
            "only a compact trunk that is shared hard",
        ),
        (
            {"names": {"name": "entity"}, "heads": {"intent": {"kind": "class"}}},
            "a tag head `slots` that ships: add it",
        ),
        ({"heads": {"slots": {"kind": "class", "values": {"a": "number"}}}}, "`values` are of spans"),
        ({"heads": {"slots": {"kind": "tag", "labels": ["a"], "values": {"b": "number"}}}}, "names 'b'"),
        ({"heads": {"spans": {"kind": "tag", "values": {"b": "number"}}}}, "only the head `slots` has values"),
        ({"heads": {"slots": {"kind": "tag", "values": {"b": "colour"}}}}, "heads.slots.values.b.kind"),
    ],
)
def test_values_and_names_that_nothing_reads_are_refused(sections: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        spec(**{"heads": HEADS, **sections})
