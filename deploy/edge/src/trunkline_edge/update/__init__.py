"""Getting a new bundle: what may be installed, where it comes from, the install itself, and how to step back from it.

Rules are in `decisions` and `trusted` and touch nothing; `local` and `remote` fetch; `agent` installs. What a bundle
is on disk stands in `trunkline_edge.bundle`. Only `remote`, `trusted` and `report` need the extra `[update]`.
"""
