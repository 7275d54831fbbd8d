"""Templates that Home Assistant lacks and people say, in its own format; merged with the package's before they are
parsed.

Kept few: a wording belongs here when an English speaker would be surprised that it is not understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LEVEL = "to {brightness}[([ ]%)| percent]"
_SHARE = "{brightness}([ ]%| percent)"
_WHERE = {"zone": {"values": ["home", "work", "school"]}}
_SWITCHED = ["light", "switch", "fan", "media_player", "input_boolean", "climate"]
_PARKED = "([back] home|[back] to (base|[(the|its)] dock)|back [(home|to [(the|its)] (base|dock))])"
_HALVED = (
    "({timer_hours:hours} and [a] {timer_half:minutes} hour[s]|{timer_an:hours} hour and [a] {timer_half:minutes})",
    "({timer_minutes:minutes} and [a] {timer_half:seconds} minute[s]|{timer_a:minutes} minute and [a] "
    "{timer_half:seconds})",
    "({timer_an:hours} hour|{timer_an:hours} hour and {timer_minutes:minutes}( |-)minute[s])",
    "({timer_half:minutes} an hour|{timer_half:minutes} of an hour|{timer_a:minutes} minute)",
)
"""Lengths of time with a part: "one and a half hours", "an hour and a half", "an hour", "a quarter of an hour"."""
_TIMED: Mapping[str, tuple[str, ...]] = {
    "HassStartTimer": (
        "<timer_set> [a|the|my] timer for LENGTH",
        "timer for LENGTH",
        "<timer_set> [a|the|my] {timer_name:name} timer for LENGTH",
        "<timer_set> [a|the|my] timer (named|called) {timer_name:name} for LENGTH",
    ),
    "HassIncreaseTimer": ("add LENGTH to [the|my] timer", "increase [the|my] timer by LENGTH"),
    "HassDecreaseTimer": ("<timer_remove> LENGTH (from|off) [the|my] timer", "decrease [the|my] timer by LENGTH"),
}
_MEANT: Mapping[str, tuple[str, ...]] = {
    "HassCancelTimer": ("<timer_cancel> [the|my] LENGTH timer",),
    "HassPauseTimer": ("pause [the|my] LENGTH timer",),
    "HassUnpauseTimer": ("(resume|continue) [the|my] LENGTH timer",),
    "HassTimerStatus": ("how long [is] left on [the|my] LENGTH timer", "status of [the|my] LENGTH timer"),
    "HassStartTimer": ("<timer_set> [a|the|my] LENGTH timer",),
}
"""Timers that are called by their length."""


def _block(combination: str, sentences: list[str], **more: Any) -> dict[str, Any]:
    return {"sentences": sentences, "metadata": {"slot_combination": combination}, **more}


def _lengths(intent: str) -> list[dict[str, Any]]:
    """Blocks of one intent that say a length of time with a part, and of a timer that is called by one."""
    role = "" if intent == "HassStartTimer" else "start_"
    called = [
        "{timer_hours:ROLEhours} and [a] {timer_half:ROLEminutes} hour[s]",
        "{timer_half:ROLEminutes} hour",
    ]
    return [
        *(
            _block(f"part_{i}", [sentence.replace("LENGTH", length) for sentence in _TIMED[intent]])
            for i, length in enumerate(_HALVED if intent in _TIMED else ())
        ),
        *(
            _block(f"called_{i}", [each.replace("LENGTH", length.replace("ROLE", role)) for each in _MEANT[intent]])
            for i, length in enumerate(called if intent in _MEANT else ())
        ),
    ]


def _turned(way: str) -> list[dict[str, Any]]:
    """Blocks that name the thing first, "the desk lamp, turn it off", or are put: "put the kettle on"."""
    return [
        _block(
            "name_put",
            [f"put [<the>] {{name}} {way}", f"put {way} [<the>] {{name}}"],
            requires_context={"domain": _SWITCHED},
        ),
        _block(
            "area_put",
            [f"put [(<all>|<the>)] [<the>] {{area}} <light> {way}", f"put {way} [<the>] {{area}} <light>"],
            slots={"domain": "light"},
        ),
        _block("name_first", [f"[<the>] {{name}} <turn> it {way}"], requires_context={"domain": _SWITCHED}),
        _block(
            "area_first",
            [f"[<the>] {{area}} <light> <turn> (them|it) {way}", f"[<the>] <light> <in> [<the>] {{area}} {way}"],
            slots={"domain": "light"},
        ),
    ]


ADDED: Mapping[str, Mapping[str, list[dict[str, Any]]]] = {
    "en": {
        # Home Assistant 2026.10 sets a brightness, but nobody may dim
        "HassLightSet": [
            {
                "sentences": [
                    f"(dim|brighten) [<the>] {{area}} <light> {_LEVEL}",
                    f"(dim|brighten) [(<all>|<the>)] <light> <in> [<the>] {{area}} {_LEVEL}",
                    f"(dim|brighten) [<the>] {{area}} {_LEVEL}",
                ],
                "slots": {"domain": "light"},
                "metadata": {"slot_combination": "area_brightness"},
            },
            {
                "sentences": [f"(dim|brighten) [(<all>|<the>)] <light> [<here>] {_LEVEL}"],
                "slots": {"domain": "light"},
                "requires_context": {"area": {"slot": True}},
                "metadata": {"slot_combination": "brightness_only"},
            },
            {
                "sentences": [f"(dim|brighten) [<the>] {{name}} {_LEVEL}"],
                "requires_context": {"domain": ["light"]},
                "metadata": {"slot_combination": "name_brightness"},
            },
            _block(
                "area_brightness_first",
                [
                    f"[<the>] {{area}} {_SHARE}",
                    f"[<the>] {{area}} <light> [at] {_SHARE}",
                    f"[<the>] {{area}} <light> (set|dim|turn|put) (them|it) {_LEVEL}",
                ],
                slots={"domain": "light"},
            ),
            _block(
                "name_brightness_first",
                [f"[<the>] {{name}} [at] {_SHARE}", f"[<the>] {{name}} (set|dim|turn|put) it {_LEVEL}"],
                requires_context={"domain": ["light"]},
            ),
        ],
        "HassSetPosition": [
            _block(
                "name_half",
                ["(open|close|set|put|leave) [<the>] {name} {position_half:position} [(open|closed|up|down)]"],
                requires_context={"domain": ["cover"]},
            ),
            _block(
                "area_half",
                [
                    "(open|close|set) [<the>] {area} {cover_classes:device_class} {position_half:position}",
                    "(open|set) [<the>] {cover_classes:device_class} <in> [<the>] {area} {position_half:position}",
                ],
                slots={"domain": "cover"},
            ),
        ],
        "HassVacuumReturnToBase": [
            _block(
                "name_sent",
                [f"(send|bring|take) [<the>] {{name}} {_PARKED}", "dock [<the>] {name}"],
                requires_context={"domain": ["vacuum"]},
            )
        ],
        "HassLawnMowerDock": [
            _block(
                "name_sent",
                [f"(send|bring|take) [<the>] {{name}} {_PARKED}"],
                requires_context={"domain": ["lawn_mower"]},
            )
        ],
        "HassLawnMowerStartMowing": [
            _block(
                "name_with",
                ["(mow|cut) [<the>] (lawn|grass) with [<the>] {name}", "start mowing with [<the>] {name}"],
                requires_context={"domain": ["lawn_mower"]},
            )
        ],
        **{intent: _lengths(intent) for intent in {**_TIMED, **_MEANT}},
        "HassTurnOn": _turned("on"),
        "HassTurnOff": _turned("off"),
        "HassGetState": [
            _block(
                "sensor",
                [
                    "(<what_is>|how (much|high|low) is) [<the>] {name} [right now]",
                    "(check|read|give me|show me) [<the>] {name}",
                    "<what_is> [<the>] {name} (reading|level|value)",
                ],
                requires_context={"domain": ["sensor"]},
            ),
            *(
                _block(
                    f"name_is_{i}", [f"is [<the>] {{name}} {{{states}:state}}"], requires_context={"domain": domains}
                )
                for i, (states, domains) in enumerate(
                    (
                        ("on_off_states", ["light", "switch", "fan"]),
                        ("cover_states", ["cover"]),
                        ("lock_states", ["lock"]),
                    )
                )
            ),
            _block(
                "name_home",
                ["is {name} [at] {zone}", "is {name} still at {zone}"],
                lists=_WHERE,
                requires_context={"domain": ["person"]},
            ),
            _block(
                "domain_home",
                [
                    "is (anyone|anybody|someone|somebody) [at] {zone}",
                    "(who is|who's) [at] {zone}",
                    "is (everyone|everybody) [at] {zone}",
                ],
                lists=_WHERE,
                slots={"domain": "person"},
            ),
        ],
    }
}
"""Blocks by language and intent."""

ADDED_VALUES: Mapping[str, Mapping[str, list[dict[str, Any]]]] = {
    "en": {
        "timer_half": [{"in": "[a] quarter", "out": 15}, {"in": "three quarters", "out": 45}],
        "timer_an": [{"in": "an", "out": 1}],
        "timer_a": [{"in": "a", "out": 1}],
        "position_half": [{"in": "(half|halfway|half way)", "out": 50}],
    }
}
"""Values of lists by language and list: parts of an hour or a minute, and one of them, and half of the way."""
