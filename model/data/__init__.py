"""Rows to tensors: batches, and rows changed or made up for training. Encoding and judging files is `schemas.data`."""
