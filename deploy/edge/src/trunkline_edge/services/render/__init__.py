"""The canonical result in the words of other tools: a pure function a protocol, a file a protocol, no network."""
