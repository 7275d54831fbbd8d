from __future__ import annotations

from typing import TYPE_CHECKING

from model.training.cost import measure_steps
from schemas.spec.load import parse_spec
from schemas.spec.teachers import teachers_of

if TYPE_CHECKING:
    from tests.model.conftest import Workshop


def test_steps_are_timed_with_the_teachers_that_a_net_learns_from(workshop: Workshop) -> None:
    plain = workshop.spec(("intent", "slots"), epochs=1)
    distill = {"teachers": {"all": {}, "words": {"heads": ["slots"]}}}
    taught = parse_spec(plain.model_dump(mode="json", by_alias=True) | {"distill": distill})
    dataset = workshop.dataset(plain)
    teachers = {name: workshop.train(spec, dataset) for name, spec in teachers_of(taught).items()}
    costs = measure_steps([plain, taught], dataset, workshop.folder(), lambda spec: teachers if spec == taught else {})
    assert costs[0].parameters == costs[1].parameters
    assert all(cost.step_ms > 0 for cost in costs)
