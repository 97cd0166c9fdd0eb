"""The Azure Face dialect: every version's paths, key header, JSON, error shape, long-running training."""
