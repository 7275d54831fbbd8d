"""What devices update from: published bundles and the channel pointers that name them."""
