"""The vendors' own client libraries, each in an environment of its own, against a real server process."""
