"""The import of a folder: how it comes in, a preview of the result, and how it goes on."""
