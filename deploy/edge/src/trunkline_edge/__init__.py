"""The device runtime of Trunkline: reads text, runs a bundle's graphs, answers with intents and slots.

Its base needs numpy, and onnxruntime to answer; services and signed updates are extras. Training imports from here, and
nothing here knows of training.
"""

import os

__version__ = "0.1.0"

# Since 1.29 onnxruntime's wheels for Linux report to their maker: an id of the machine, names and hashes of the graphs
# it loads. It looks at this once, when it is imported. What a home does stays there, so off unless the owner sets 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
