"""The words of the domain: storages, layers, claims, conflicts, choices, and the rules on names and paths.

Pure values and pure functions; imports nothing else of the package and touches no file.
"""
