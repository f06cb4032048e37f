"""The terminal tool that people trust with their picture storages.

`engine` is the one door for both front ends, `cli` and `tui`; `docs/architecture.md` shows the house.
"""

__version__ = "0.1.0"
