"""Photo in, faces out: decoding, detection, alignment, quality, templates."""
