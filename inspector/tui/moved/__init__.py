"""The moved files: the folders that were moved, what is in them, and one decision for each."""
