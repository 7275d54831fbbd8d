"""Heads on a trunk that is frozen: its states, read once with the very graph that ships, and what learns from them."""
