"""Pictures: whether they decode, their thumbnails and EXIF, and ImaLink's hothash; never where they lie.

Everything takes an open stream. Pillow is imported by the first call that needs it. Run these functions in a
`WorkerProcess`: a hostile picture can crash a decoder or make its C code print.
"""
