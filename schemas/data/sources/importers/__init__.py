"""Other tools' files as rows, a file a format; `formats` is the list of them.

An importer takes a path and its options and yields, in the order of the files, a `Record` for each utterance, with the
file and the line where it stands, and a `LeftOut` for what rows have no place for. Intents go to the head `intent` and
spans to `slots`, unless the format has names of its own. An utterance that cannot be read is a record with an error; a
file that cannot be read raises `DataRefused`.
"""
