"""From a real API server to a reader: does the loop stay free, what does an event cost to read.

Ten thousand pods are listed and a hundred a second change, in the served application itself, which
a ticker inside its event loop watches; the same bytes are decoded by our projection and by
kubernetes_asyncio's watch in turn.
"""
