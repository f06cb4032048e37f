"""Proofs that a repair loses nothing, whatever happens to it: each is a command that prints its figures, and a test.

`python -m tests.reliability NAME` runs a proof whole; the tests run the same code on a part of it.
"""
