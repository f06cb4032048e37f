"""The only code that touches local files: opening below a root, walking, reading, file-system profiles, workers.

Knows nothing of pictures, layouts or the catalog.
"""
