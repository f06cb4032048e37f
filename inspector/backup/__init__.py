"""Backups: a plain copy of a storage in another folder, each file verified, and what comes back from it.

`manifest` says what a backup holds, `place` is the folder that it lies in, `changes` decides what is to be done with a
file (pure), `copying` does it, and `backing` goes through a storage. `checking`, `restoring` and `pruning` work on a
backup that is there. Nothing here writes to the storage that is backed up.
"""
