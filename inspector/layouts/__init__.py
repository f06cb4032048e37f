"""One package per storage system: recognise it, read its layers, its own rules.

`base` says what a layout is, `registry` finds the installed ones, `documents` reads foreign JSON safely. Layouts do
not know one another, and nothing outside them knows which there are.
"""
