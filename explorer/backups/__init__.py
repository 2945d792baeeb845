"""Copies of the database that can be shown to be good: made online, locked, proved, pruned, drilled, restored."""
