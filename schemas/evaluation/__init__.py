"""Measures: scores of predictions, named matrices, groupings of heads. Pure functions of numbers; no files, no nets."""
