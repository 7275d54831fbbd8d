"""The way back of data: labelled rows and what devices heard (opt-in) enter one store, once; what to label goes out.

`take` reads a file and judges its lines, `store` keeps them, `queue` chooses what a person should label.
"""
