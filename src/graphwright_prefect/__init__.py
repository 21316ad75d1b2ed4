"""A typed client for the Prefect Cloud 0.x API, and an embedded server to try it against.

Importing the package imports nothing else; take what you need from its modules.
"""
