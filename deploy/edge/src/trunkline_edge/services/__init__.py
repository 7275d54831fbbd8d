"""A bundle as a service: HTTP, Wyoming, Hermes over MQTT. Everything here needs the extra `[serve]`.

`engine` answers, `render` words the answers for each protocol, the other modules speak with the network. What an
utterance means is decided in `trunkline_edge.understanding`, and nothing there knows of this package.
"""

from importlib.util import find_spec

PACKAGES = ("starlette", "uvicorn", "httptools", "wyoming", "prometheus_client")
"""Of the extra `[serve]`; a device that only parses does without."""
MQTT_PACKAGES = ("paho",)
"""Of the extra `[mqtt]`."""
ZEROCONF_PACKAGES = ("zeroconf",)
"""Of the extra `[zeroconf]`."""
HYBRID_PACKAGES = ("hassil", "home_assistant_intents")
"""Of the extra `[hybrid]`."""


def missing_packages(packages: tuple[str, ...] = PACKAGES) -> list[str]:
    """Return what must be installed before this package's modules can be imported."""
    return [name for name in packages if not _is_there(name)]


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
