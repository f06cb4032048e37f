"""Imports: a folder outside of all storages is looked through and read, a plan is made of it, and applied in chunks.

`walking`, `reading` and `groups` say what the source holds; `templates` and `places` where it goes; `duplicates` what
is there already; `group_plans` and `planning` put that together. `running` applies it, `record`
remembers it until it has ended.
"""
