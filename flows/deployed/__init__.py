"""What Prefect's server holds for Trunkline, made equal to `prefect.yaml`: the page, the server, and what differs.

Nothing here runs a flow; `trunkline sync` and `trunkline up` call it.
"""
