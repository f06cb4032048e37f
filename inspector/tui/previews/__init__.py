"""Pictures in a terminal: what can draw them, in which way they are drawn, and how they are fetched and kept.

Nothing here decodes a file: thumbnails come from the engine. Nothing here is a widget: the details pane shows what is
made here.
"""
