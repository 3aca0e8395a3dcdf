"""The controllers of the simulated cluster; all of them write through its own API.

Each knows the cluster by an `Informer`, is woken through a `Work` queue on the film, and decides in
functions without side effects. What they do follows the controllers of Kubernetes 1.36.
"""
