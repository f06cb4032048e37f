"""Generic rules over claims and names: which disagreements there are.

Rules over names are pure functions on the names of one folder; rules over claims are set operations on the catalog.
Nothing here opens a file of a storage, and nothing here knows a particular layout.
"""
