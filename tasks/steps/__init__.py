"""The steps of flows, a file each, and what they call. Where the chain takes a step, it is one of Prefect's tasks: it
calls one function below and records what came of it."""
