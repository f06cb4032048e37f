"""Speed and memory beside other programs on the same files: ``python -m tests.benchmarks``.

Not collected by pytest. `cases` are the benchmarks; `child` is what is measured of the inspector, each time in a
process of its own; `peers` are the other programs; `data` makes the files, and `table` prints.
"""
