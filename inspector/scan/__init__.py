"""From disk to rows: the walk compared with the catalog, hashing in workers, presence, and what changed.

A scan reads storages and writes the catalog; it decides nothing about conflicts.
"""
