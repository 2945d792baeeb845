"""Proof for somebody who does not trust us: what was asked, in which words, what was answered, and what followed."""
