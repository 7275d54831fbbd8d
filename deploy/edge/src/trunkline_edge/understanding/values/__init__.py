"""What the words of a slot mean: one pure reader a kind, text to a typed value or None.

Readers know English; in other languages they read digits, and the words that the rows have said (`table`).
"""
