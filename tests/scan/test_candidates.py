"""Files that may be duplicates, by number."""

from inspector.scan.candidates import CandidateFolder, Candidates, Repeats

A = CandidateFolder("storage", b"/root", b"a", 1)
B = CandidateFolder("storage", b"/root", b"b", 1)


def _row(name: bytes, size: int = 1) -> tuple[bytes, int, int, int, int]:
    return name, size, 0, 0, 2**64 - 1


def test_values_that_repeat_are_known_when_they_come_again_and_their_firsts_afterwards() -> None:
    values = [7, 5, 0, 7, 0, 9, 7, 5]
    repeats = Repeats()
    assert repeats.again(0, values[:4]) == [3]
    assert repeats.again(4, values[4:]) == [6, 7]
    assert list(repeats.firsts(values)) == [0, 1]


def test_files_are_found_again_by_their_number() -> None:
    candidates = Candidates()
    assert candidates.add(A, [_row(b"1.jpg"), _row(b"2.jpg", 5)]) == 0
    assert candidates.add(CandidateFolder("storage", b"/root", b"empty", 1), []) == 2
    assert candidates.add(B, [_row(b"\xff\n.jpg", 2**40)]) == 2
    assert [(candidates.folders[place], files) for place, files in candidates.by_folder([1, 2])] == [
        (A, [(1, b"2.jpg")]),
        (B, [(2, b"\xff\n.jpg")]),
    ]
    assert (list(candidates.sizes), candidates.inodes[2]) == ([1, 5, 2**40], 2**64 - 1)


def test_files_with_one_key_are_alike_and_those_of_which_nothing_is_known_are_not() -> None:
    candidates = Candidates()
    candidates.add(A, [_row(b"%d" % number) for number in range(6)])
    for number, key in enumerate([3, 0, 4, 3, 0, 3]):
        candidates.keys[number] = key
    assert list(candidates.alike()) == [0, 3, 5]
