"""Text to answer: words, ids, graphs, labels, the canonical result, and the self-test that repeats golden answers.

Training shares the text and featurizer modules, so what a device computes is what training saw.
"""
