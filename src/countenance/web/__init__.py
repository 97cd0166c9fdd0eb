"""HTTP in, HTTP out: the service's dialects over the same use cases; see ``web.dialects`` for how to add one."""
