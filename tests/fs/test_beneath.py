"""Opening files below a root, and nothing else."""

import os
from pathlib import Path

import pytest

from inspector.fs import beneath
from inspector.fs.beneath import FILE_FLAGS, open_beneath, open_file, open_root, read_document
from inspector.model.errors import DocumentError


@pytest.fixture(params=["openat2", "part by part"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways: the kernel's own, and the walk for kernels without it."""
    if request.param == "part by part":
        monkeypatch.setattr(beneath, "_no_openat2", True)
    return str(request.param)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a file in a folder, links out of it, and a secret beside it."""
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub/a.jpg").write_bytes(b"picture")
    (root / "out").symlink_to(tmp_path)
    (root / "sub/link.jpg").symlink_to(root / "sub/a.jpg")
    (root / "back\\slash.jpg").write_bytes(b"odd")
    return root


def test_a_file_below_the_root_opens(root: Path, way: str) -> None:
    with open_file(str(root), "sub/a.jpg") as stream:
        assert stream.read() == b"picture"
    with open_file(str(root), "back\\slash.jpg") as stream:
        assert stream.read() == b"odd"


@pytest.mark.parametrize(
    "path",
    ["../secret.jpg", "sub/../../secret.jpg", "/etc/hostname", "out/secret.jpg", "sub/link.jpg", "sub/a.jpg\0/x"],
)
def test_whatever_leads_elsewhere_or_through_a_link_does_not(root: Path, way: str, path: str) -> None:
    with pytest.raises(OSError), open_file(str(root), path):
        pass


def test_a_pipe_with_a_pictures_name_blocks_nobody(root: Path, way: str) -> None:
    os.mkfifo(root / "pipe.jpg")
    with pytest.raises(OSError, match="not a regular file"), open_file(str(root), "pipe.jpg"):
        pass


def test_the_root_itself_is_the_empty_path(root: Path, way: str) -> None:
    descriptor = open_root(str(root))
    try:
        itself = open_beneath(descriptor, "", os.O_RDONLY | os.O_DIRECTORY)
        assert os.fstat(itself).st_ino == os.fstat(descriptor).st_ino
        os.close(itself)
    finally:
        os.close(descriptor)


def test_no_descriptor_is_left_open(root: Path, way: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    descriptor = open_root(str(root))
    for path in ("sub/a.jpg", "sub/missing/deeper.jpg", "out/secret.jpg", "../x"):
        try:
            os.close(open_beneath(descriptor, path, FILE_FLAGS))
        except OSError:
            continue
    os.close(descriptor)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_document_over_its_limit_is_refused_unread(root: Path) -> None:
    (root / "big.json").write_bytes(b"x" * 101)
    with pytest.raises(DocumentError, match="101 bytes are more than the 100"):
        read_document(str(root), "big.json", 100)
    assert read_document(str(root), "big.json", 101)[0] == b"x" * 101
