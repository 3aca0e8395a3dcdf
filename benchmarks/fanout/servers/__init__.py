"""The servers that take turns; each listens on the loopback port it is given."""
