"""The HTTP service: routes, limits in front of them, the page at `/`."""
