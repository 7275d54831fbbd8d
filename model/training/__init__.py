"""The loop and its parts: optimiser, checkpoints, teachers, stopping. What a net is made of is `model.layers`."""
