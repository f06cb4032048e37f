"""Reports for people and programs: what the catalog knows of some storages, as JSON, as CSV or as a page.

Everything is read and written piece by piece, so that memory does not grow with the number of conflicts.
"""

from inspector.reports.writing import write_report

__all__ = ["write_report"]
