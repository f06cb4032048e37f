"""From a conflict's choice to a repaired storage: plan, apply, journal, undo, recover.

What is wrong and what can be done about it is decided in `conflicts` and `layouts`; here it is done, reversibly.
"""
