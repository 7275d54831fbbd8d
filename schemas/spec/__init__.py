"""The spec: one YAML file a product. A file a section; `product` joins them, `load` reads, `variants` plans trials.

What a setting does stands in the room that it is about.
"""
