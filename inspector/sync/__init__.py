"""Sync programs and how far a storage is in step: who owns a folder, by its marks, and the state of a storage.

All decisions here are pure; what asks Syncthing over HTTP is in a module of its own. Nothing here reads the catalog.
"""
