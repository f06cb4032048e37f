"""What reaches out of the screen: the clipboard, the person's own programs, files with reports.

Nothing here writes to a storage. What the person's own editor does is the person's.
"""
