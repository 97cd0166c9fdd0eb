"""Pages about audits: sending labelled photos, what was understood of them, the run, and its result."""
