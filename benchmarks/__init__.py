"""Measurements of the package against limits and peers; nothing here is imported by it."""
