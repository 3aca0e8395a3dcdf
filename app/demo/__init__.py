"""The simulated cluster: an API server, controllers and a film on loopback, for people and tests.

It speaks the real protocols, so nothing elsewhere knows that it exists.
"""
