"""Has what devices hear, or answer, changed since? Values and functions of them; no I/O, no clock.

`said` is one utterance as it counts, `shifts` tests whether two windows differ, `decide` says what follows.
"""
