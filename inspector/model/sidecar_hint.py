"""What a sidecar's own content says about the picture it describes, for when names do not decide."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SidecarHint:
    """The picture that a sidecar names: its `extension` without the dot, and file names without folders."""

    extension: str | None = None
    """`photoshop:SidecarForExtension`, as written by Lightroom, Bridge and osxphotos."""
    names: tuple[str, ...] = ()
    """`crs:RawFileName`, `xmpMM:DerivedFrom`, Takeout's `title`, exiftool's `SourceFile`; the most trusted first."""
