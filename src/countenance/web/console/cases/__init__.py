"""Pages about cases: whose they are, what they state, what was done under them; opening and closing one."""
