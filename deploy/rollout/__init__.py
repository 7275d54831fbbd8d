"""A new bundle reaches a channel's devices in stages: the plan, what devices report, what follows from it, the moves.

`plan`, `sequential`, `evidence` and `decide` are values and functions of them; `store` and `receive` take reports in;
`moves` changes the channel's signed pointer. `fleet` plays rollouts with simulated devices, `rehearsal` makes the
bundles for it.
"""
