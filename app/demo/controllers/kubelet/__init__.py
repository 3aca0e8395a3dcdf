"""A kubelet that runs no containers: it plays what scripts say and reports it as the real one does.

What a container does comes from the scenario, which casts each pod, or from the pod itself:
annotations under `kubelet.watchglass.test/`, the words that the tests' stand-in knows too, so that
the same tests run here and on a real API server.
"""
