"""Names and types of the canonical result (`trunkline_edge.understanding.result`), as MLflow's pages show them."""

from __future__ import annotations

from mlflow.types.schema import AnyType, Array, ColSpec, DataType, Object, Property, Schema

_TEXT, _P, _WHOLE = DataType.string, DataType.double, DataType.long
_LABEL = Object([Property("label", _TEXT), Property("p", _P)])
_SLOT = Object(
    [
        *(Property("name", _TEXT), Property("type", _TEXT), Property("raw", _TEXT)),
        Property("value", AnyType(), required=False),  # text, number or truth, by the slot's kind
        *(Property("start", _WHOLE), Property("end", _WHOLE), Property("p", _P)),
        *(Property("unit", _TEXT, required=False), Property("id", _TEXT, required=False)),
        Property("candidates", Array(_TEXT), required=False),
    ]
)
_INTENT = Object(
    [
        *(Property("name", _TEXT), Property("p", _P), Property("slots", Array(_SLOT))),
        Property("unspoken", AnyType(), required=False),  # slot -> value
    ]
)
ANSWER = Schema(
    [
        *(ColSpec(_TEXT, "text"), ColSpec(_TEXT, "lang"), ColSpec(_TEXT, "bundle_id")),
        ColSpec(Array(_INTENT), "intents"),
        ColSpec(_LABEL, "domain", required=False),
        ColSpec(AnyType(), "heads"),  # head -> its answer, by its kind
        *(ColSpec(DataType.boolean, "rejected"), ColSpec(_TEXT, "reason", required=False)),
    ]
)
