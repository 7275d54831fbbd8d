"""A bundle on disk: its manifest and the store that holds its files. Running one is `trunkline_edge.understanding`."""
