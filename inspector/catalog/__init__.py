"""The inspector's own database: storages, files, claims, conflicts, sessions and scans, in SQLite.

It is a cache of what was seen on disk and lives in the user's state folder; losing it loses no file of a storage.
"""
