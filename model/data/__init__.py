"""Rows to tensors: batches, and rows changed or made up for training. Reading and judging files is `schemas.data`."""
