"""The device runtime of Trunkline: reads text, runs a bundle's graphs, answers with intents and slots.

Its base needs numpy, and onnxruntime to answer; services and signed updates are extras. Training imports from here, and
nothing here knows of training.
"""

__version__ = "0.1.0"
