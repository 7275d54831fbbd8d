"""The spec: one YAML file a product. A file a section; `product` puts them together, `variants` plans comparisons."""
