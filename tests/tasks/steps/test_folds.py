from __future__ import annotations

import shutil

import pytest

from deploy.evaluation.verdict import Verdict
from schemas.spec.product import Spec
from tasks.records import Champion, RowsAt
from tasks.rows import open_data
from tasks.steps.folds import NoFolds, check_fold, cut, recipe_of
from tasks.tracking import runs as tracking
from tasks.trials.cross_validation import cross_validate
from tests.tasks.conftest import Chain

OPEN = Verdict(promote=False, reasons=("intent: undecided",), undecided=True)


def registered(chain: Chain, spec: Spec) -> Champion:
    """A champion whose MLflow run tells this spec."""
    client = tracking.connect()
    with tracking.run_for("tiny", "k" * 64) as run_id:
        tracking.log_params(run_id, spec, {})
    client.create_registered_model("tiny")
    version = client.create_model_version("tiny", f"runs:/{run_id}/model", run_id)
    return Champion("b" * 64, int(version.version), chain.data.digest, {})


def test_a_champions_recipe_is_the_spec_of_its_run_and_the_rows_it_learned_from(chain: Chain) -> None:
    spec, rows = recipe_of("tiny", registered(chain, chain.spec))
    assert spec == chain.spec
    assert rows == RowsAt(chain.data.cache_path, chain.data.digest)


def test_a_champion_that_the_registry_has_lost_has_no_recipe(chain: Chain) -> None:
    with pytest.raises(NoFolds, match="the registry has no version 7 any more"):
        recipe_of("tiny", Champion("b" * 64, 7, chain.data.digest, {}))


def test_a_champion_that_went_on_from_another_has_no_recipe_that_has_not_seen_the_rows(chain: Chain) -> None:
    champion = registered(chain, chain.spec.model_copy(
        update={"train": chain.spec.train.model_copy(update={"start_from": "champion"})}
    ))  # fmt: skip
    with pytest.raises(NoFolds, match="version 1 went on from an earlier champion"):
        recipe_of("tiny", champion)


def test_rows_that_are_gone_and_equal_recipes_leave_it_open_with_the_reason(chain: Chain) -> None:
    champion = registered(chain, chain.spec)
    same = cross_validate(chain.spec, 3, chain.data, champion, OPEN)
    assert same.undecided and not same.promote
    assert same.reasons == (
        "intent: undecided",
        "no cross-validation, so that stays open: both were trained with the same settings on the same rows, which "
        "folds cannot tell apart",
    )
    shutil.rmtree(chain.home / "cache" / chain.data.cache_path)
    gone = cross_validate(chain.spec, 3, chain.data, champion, OPEN)
    assert gone.undecided
    assert gone.reasons[1].endswith("the rows that version 1 learned from are no longer in this home's step cache")


def test_folds_are_cut_once_and_one_that_leaves_too_little_says_so(chain: Chain) -> None:
    rows = RowsAt(chain.data.cache_path, chain.data.digest)
    folds = [cut.fn(chain.spec, rows, chain.data, fold, 3) for fold in range(3)]
    assert sum(fold.counts["test"] for fold in folds) == sum(chain.data.counts.values())
    assert all(open_data(fold).digest == fold.digest for fold in folds)
    assert cut.fn(chain.spec, rows, chain.data, 0, 3) == folds[0]
    assert len({fold.digest for fold in folds}) == 3
    counts = [sum(fold.counts.values()) for fold in folds]
    assert counts == [sum(chain.data.counts.values())] * 3
    for fold in folds:
        if not fold.counts["valid"]:
            with pytest.raises(NoFolds, match="without the rows of a fold, no good row is in valid"):
                check_fold(fold)
        else:
            check_fold(fold)
