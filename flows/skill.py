"""Skill: from rows to heads on the champion's frozen trunk."""

from __future__ import annotations

from schemas.spec.product import Spec
from tasks.records import RowsAt, SkillMade
from tasks.rows import validate
from tasks.steps.evaluate import score
from tasks.steps.register import register
from tasks.steps.skill import (
    OTHERS,
    base_of,
    build_skill,
    learn,
    others_of,
    publish_skill,
    read,
    record_training,
    report_skill,
)
from tasks.tracking.registry import skill_model


def train_skill(
    spec: Spec, product: str, channel: str = "local", layer: int = 0, precision: str | None = None
) -> SkillMade:
    """Train the heads of a spec on the trunk of a product's champion, which stays as it is. Needs no Prefect server.

    Args:
        spec: the skill's rows and heads; of its other sections `train.seed`, `train.label_smoothing`,
            `export` and `reject` count
        product: whose champion
        channel: that it is champion of
        layer: width of a small layer between trunk and heads; 0: none
        precision: of the trunk that it is to stand on; None: the champion's own
    """
    base = base_of(product, channel, precision)
    data = validate(spec)
    own = read(base, RowsAt(data.cache_path, data.digest), 0)
    others = [read(base, rows, OTHERS) for rows in others_of(base, spec)]
    learned = learn(spec, base, data, own, others, layer)
    run_id = record_training(spec, base, data, learned, layer)
    bundle = build_skill(spec, base, data, learned, own, others, run_id)
    scored = score.fn(bundle, data)
    report_skill(run_id, bundle, scored)
    named = spec.model_copy(update={"name": skill_model(product, spec.name)})
    registered = register.fn(named, data, bundle, run_id)
    publish_skill(base, bundle, registered, data)
    return SkillMade(
        name=spec.name,
        base=base,
        data=data,
        bundle=bundle,
        scored=scored,
        others=sum(each.counts["train"] for each in others),
        seconds=learned.seconds,
        run_id=run_id,
        registered=registered,
    )
