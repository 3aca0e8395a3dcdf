"""Durable small state: what is to outlive the process, in files of the data directory.

Law: the page goes on without it. What cannot be read is put aside, what cannot be written is tried
again, and either is one line in the log.
"""
