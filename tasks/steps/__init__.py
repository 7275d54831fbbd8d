"""The steps of the chain: a file a step, each a task that calls one function below and records what came of it."""
