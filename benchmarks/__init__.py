"""What Watchglass costs, beside what others cost on the same machine in the same minutes.

Law: a figure is published as it was measured, with its goal beside it, met or missed. Everything
runs on loopback, is bounded in number and time, and is stopped by its own process id.
"""
