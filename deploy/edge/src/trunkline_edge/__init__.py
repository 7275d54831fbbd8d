"""The device runtime of Trunkline: reads text, runs a bundle's graphs, answers with intents and slots."""

__version__ = "0.1.0"
