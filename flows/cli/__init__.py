"""The command line: `app` is the table of commands, and each command has a file; the rest is what commands share.

A command's module is imported when it is called, so `trunkline --help` loads no library. No training, validating or
tracking happens here.
"""
