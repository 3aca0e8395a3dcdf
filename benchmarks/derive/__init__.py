"""What meaning costs: incidents, health, schedules and history on a board of ten thousand pods.

The same board runs with its derivations and without, in turn; the difference is theirs. Objects
come as the bytes of a watch and are read by the real projections. Nothing is served over sockets:
readers are attached to the hub itself and take every frame's bytes.
"""
