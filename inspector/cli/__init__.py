"""The headless twin of the screen: the same verbs, as text and JSON, with exit codes that other programs rely on.

`main.run` is the start, `commands/` holds one module per verb, `output` owns stdout, stderr and the exit codes.
Nothing here touches a storage or the catalog: it asks the engine.
"""
