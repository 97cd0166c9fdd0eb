"""The page ``/compat``: what clients of the vendors' services find here, and what their numbers mean."""
