"""The HTTP service: routes, limits in front of them, the page at `/`. What an answer says is `services.engine`."""
