"""The columns of `kubectl get`, kind by kind, as the API server's own printer makes them.

The rules and their oddities are those of pkg/printers/internalversion/printers.go of Kubernetes
1.36. It prints the same words as `app/cluster/printer.py` and shares nothing with it: one is the
cluster, the other its reader.
"""
