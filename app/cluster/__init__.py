"""The one door to Kubernetes: transport, reflectors, projections to records.

Law: raw bytes come in, records and errors of ours go out; nothing else of Kubernetes leaves.
"""
