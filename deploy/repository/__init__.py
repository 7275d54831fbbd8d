"""What devices update from: published bundles and the channel pointers that name them, signed.

Whether a bundle may go there is decided in `deploy.evaluation` and by people; how a device fetches it is its own.
"""
