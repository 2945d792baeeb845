"""Measured figures on synthetic worlds whose truth is known."""
