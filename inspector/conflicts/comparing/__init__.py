"""A conflict's two or more sides and the fields in which they differ: files, statements of layers, documents.

Everything here only reads: the catalog, and below a storage's root through the path guard. What is decided about a
conflict lies elsewhere.
"""

from inspector.conflicts.comparing.kinds import Extras, compare

__all__ = ["Extras", "compare"]
