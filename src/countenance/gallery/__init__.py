"""Exact 1:N search over templates in memory, and who is who among the faces of one photo."""
