"""MLflow and the promotion log: runs, the registered model, the champion. Who is promoted is decided elsewhere."""
