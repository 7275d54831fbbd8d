"""Records that pass between rooms as files: exported graphs, word vectors. What fills them stands elsewhere."""
