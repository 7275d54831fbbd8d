"""Templates that Home Assistant lacks and people say, in its own format; merged with the package's before they are
parsed.

Kept few: a wording belongs here when an English speaker would be surprised that it is not understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LEVEL = "to {brightness}[([ ]%)| percent]"

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
        ]
    }
}
"""Blocks by language and intent."""

ADDED_VALUES: Mapping[str, Mapping[str, list[dict[str, Any]]]] = {
    "en": {"timer_half": [{"in": "[a] quarter", "out": 15}, {"in": "three quarters", "out": 45}]}
}
"""Values of lists by language and list: parts of an hour or a minute."""
