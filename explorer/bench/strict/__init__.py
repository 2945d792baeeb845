"""A Spruce of the bench's own, stricter than the simulator and without a line in common with it.

It runs in a process of its own, so that it outlives every kill of the sender, and judges what it sees.
Standard library only.
"""
