"""The film: an ordered queue of events with its own clock, and chance that repeats.

Everything that happens in the simulated cluster without being asked from outside happens as a cue
of the film, at its due time. What a cue does therefore depends on the seed alone,
never on how busy the machine is; its times depend on the film's start.
"""
