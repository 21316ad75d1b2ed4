"""The demonstration: from a server's schema to typed calls, and what happens when the schema changes.

`run.run` is all a caller needs. Nothing here is used by the Prefect client.
"""
