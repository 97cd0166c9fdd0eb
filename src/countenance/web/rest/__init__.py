"""The native interface: what the service does, in the field's own words, under ``/v1``."""
