"""Live changes: which folders of the storages may have changed, and whether the storages are there.

All of it is a hint: a scan decides what is so.
"""
