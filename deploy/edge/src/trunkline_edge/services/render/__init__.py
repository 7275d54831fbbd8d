"""The canonical result in the words of other tools: a pure function and a file for each, no network."""
