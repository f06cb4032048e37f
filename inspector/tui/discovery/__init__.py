"""The search for storages: where to look and for what, how it goes on, and which of those found are to be opened."""
