"""HTTP in, HTTP out: routes, envelopes, pages, the event stream, headers, problems.

Law: every route declares the scope it needs, every answer carries the security headers, every error
is the error envelope, and nothing wraps the `send` of a stream.
"""
