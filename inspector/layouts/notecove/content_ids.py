"""The ids that the program gives to pictures by their bytes (`image-storage.ts`, since 2025-12-16)."""

import hashlib
from typing import BinaryIO

_CHUNK = 1 << 20
_ID_BYTES = 16


def content_id(stream: BinaryIO) -> str:
    """The id that these bytes give: the first 16 bytes of their SHA-256, in hexadecimal digits."""
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.digest()[:_ID_BYTES].hex()
