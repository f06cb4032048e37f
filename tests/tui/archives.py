"""An ImaLink archive to look at on the screens of re-indexing, moved files and imports."""

from pathlib import Path

from inspector.scenarios.imalink import ImaLinkBuilder

WINTER, SKI = "photos/2024/Winter", "photos/2024/Ski"


IDENTITY = "5d0e1c52-7a8b-4f63-9a0c-2b1f6f8e4d11"


def archive_in(folder: Path, name: str = "Archive") -> ImaLinkBuilder:
    """An archive of six pictures in two folders."""
    builder = ImaLinkBuilder(folder / name, IDENTITY, name)
    for number in range(6):
        path = f"{WINTER if number < 4 else 'photos/2023'}/IMG_{number}.jpg"
        builder.picture(path, seed=number, size=(48, 32)).add(path, 1)
    builder.write()
    return builder


def rearrange(archive: ImaLinkBuilder) -> None:
    """Move a folder with four pictures, rename one, and delete one."""
    archive.move(WINTER, SKI)
    archive.move("photos/2023/IMG_4.jpg", "photos/2023/cat.jpg")
    archive.delete("photos/2023/IMG_5.jpg")
