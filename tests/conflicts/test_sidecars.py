import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.conflicts.sidecars import Pairing, pair_sidecars
from inspector.model.kinds import KINDS
from inspector.model.sidecar_hint import SidecarHint

LONG = "Backyard_ceremony_wedding_photography_xxxxxxx_"
SMILEYS = "😀😃😄😁😆😅😂🤣🥲☺️😊😇🙂🙃😉😌😍🥰😘😗😙😚😋"


def pictures_of(sidecar: str, *others: str) -> tuple[str, ...] | None:
    return pair_sidecars([*others, sidecar]).pairs.get(sidecar)


def orphans_of(*names: str) -> list[str]:
    return [problem.sidecars[0] for problem in pair_sidecars(names).orphans]


@pytest.mark.parametrize(
    ("sidecar", "others", "expected"),
    [
        ("IMG.NEF.xmp", ["IMG.NEF", "IMG.jpg"], ("IMG.NEF",)),
        ("IMG.jpg.xmp", ["IMG.NEF", "IMG.jpg"], ("IMG.jpg",)),
        ("img.JPG.XMP", ["IMG.jpg"], ("IMG.jpg",)),
        ("e\u0301te.jpg.xmp", ["\u00e9te.jpg"], ("\u00e9te.jpg",)),
        ("IMG.jpg.pp3", ["IMG.jpg"], ("IMG.jpg",)),
        ("IMG.xmp", ["IMG.jpg"], ("IMG.jpg",)),
        ("IMG.xmp", ["IMG.NEF", "IMG.jpg"], ("IMG.NEF",)),
        ("IMG.pp3", ["IMG.jpg", "IMG.RAF"], ("IMG.RAF",)),
        ("IMG_01.NEF.xmp", ["IMG.NEF"], ("IMG.NEF",)),
        ("IMG_12.NEF.xmp", ["IMG.NEF", "IMG_12.NEF"], ("IMG_12.NEF",)),
        ("IMG_1.NEF.xmp", ["IMG.NEF"], None),
        ("poster.psd.xmp", ["poster.psd"], ("poster.psd",)),
        ("poster.xmp", ["poster.psd"], ("poster.psd",)),
        ("IMG_1234.AAE", ["IMG_1234.HEIC"], ("IMG_1234.HEIC",)),
        ("IMG_1234.AAE", ["IMG_1234.MOV", "IMG_1234.HEIC"], ("IMG_1234.HEIC", "IMG_1234.MOV")),
        ("IMG_1234.AAE", ["IMG_1234_HEVC.MOV", "IMG_1234.HEIC"], ("IMG_1234.HEIC", "IMG_1234_HEVC.MOV")),
        ("IMG_O1234.AAE", ["IMG_1234.HEIC"], ("IMG_1234.HEIC",)),
        ("IMG_O1234.AAE", ["IMG_1234.HEIC", "IMG_O1234.HEIC"], ("IMG_O1234.HEIC",)),
        ("IMG_O1234.xmp", ["IMG_1234.HEIC"], None),
        ("MVI_1.THM", ["MVI_1.AVI"], ("MVI_1.AVI",)),
        ("MVI_1.THM", ["MVI_1.JPG", "MVI_1.AVI"], ("MVI_1.AVI", "MVI_1.JPG")),
        ("IMG.xmp", ["IMG.jpg", "img.PNG"], ("IMG.jpg",)),  # the stem that is spelt the same way
    ],
)
def test_a_sidecar_belongs_to_the_picture_that_its_name_says(
    sidecar: str, others: list[str], expected: tuple[str, ...] | None
) -> None:
    assert pictures_of(sidecar, *others) == expected


@pytest.mark.parametrize(
    ("json_name", "picture"),
    [
        # The name as it is.
        ("PXL_20211013_220651983.jpg.json", "PXL_20211013_220651983.jpg"),
        ("DSC_0100.JPG.json", "DSC_0100.JPG"),
        ("dsc_0100.jpg.json", "DSC_0100.JPG"),
        ("PXL_20231118_035751175.MP.jpg.json", "PXL_20231118_035751175.MP.jpg"),
        ("PXL_20210102_221126856.MP~2.jpg.json", "PXL_20210102_221126856.MP~2.jpg"),
        ("IMG(1).jpg.json", "IMG(1).jpg"),
        # Counters that moved.
        ("DSC_0101.JPG(1).json", "DSC_0101(1).JPG"),
        ("IMG_2710.HEIC(1).json", "IMG_2710(1).HEIC"),
        ("Scan35.jpg.supplemental-metadata(1).json", "Scan35(1).jpg"),
        ("Scan35(1).jpg.supplemental-metadata.json", "Scan35(1).jpg"),
        ("CLIP0001.AVI.supplemental-metadata(10).json", "CLIP0001(10).AVI"),
        ("Screenshot_20231027_123303_Facebook.jpg.supple(1).json", "Screenshot_20231027_123303_Facebook(1).jpg"),
        # Cut to 46 characters.
        (
            "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGIN.json",
            "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINA.jpg",
        ),
        ("05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jp.json", "05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jpg"),
        (f"{SMILEYS}.json", f"{SMILEYS}😛.jpg"),
        (f"{LONG}(494).json", f"{LONG}m(494).jpg"),
        ("original_1d4caa6f-16c6-4c3d-901b-9387de10e528_.json", "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_P.jpg"),
        (
            "13039_327707840323_537645323_9470255_27214_n.j(1).json",
            "13039_327707840323_537645323_9470255_27214_n(1).jpg",
        ),
        ("Screenshot_2024-08-31-00-53-48-647_com.snapcha.json", "Screenshot_2024-08-31-00-53-48-647_com.snapchat.jpg"),
        # Names since 2024, cut anywhere.
        ("20161105_170829.jpg.supplemental-metadata.json", "20161105_170829.jpg"),
        ("Screenshot_20231027_123303_Facebook.jpg.supple.json", "Screenshot_20231027_123303_Facebook.jpg"),
        ("MVIMG_20191230_232926.jpg.supplemental-metadat.json", "MVIMG_20191230_232926.jpg"),
        ("Screenshot_20200301-161151.png.supplemental-me.json", "Screenshot_20200301-161151.png"),
        ("MVIMG_20200207_134534~2.jpg.supplemental-metad.json", "MVIMG_20200207_134534~2.jpg"),
        ("123456789123456789123456789123456_DSCN0098.JPG.s.json", "123456789123456789123456789123456_DSCN0098.JPG"),
        ("1234567891234567891234567891234567_DSCN0098.JPG..json", "1234567891234567891234567891234567_DSCN0098.JPG"),
        ("DSCN0091.JP.supplemental-meta.json", "DSCN0091.JPG"),
        ("DSCN0091.JP.supplemental-meta(1).json", "DSCN0091(1).JPG"),
        # Without the extension.
        ("2234089303984509579.supplemental-metadata.json", "2234089303984509579.jpg"),
        ("2234089303984509579.json", "2234089303984509579.jpg"),
        ("holiday(2).json", "holiday(2).jpg"),
        # Edited versions, whose original need not be there.
        ("PXL_20220405_090123740.PORTRAIT.jpg.json", "PXL_20220405_090123740.PORTRAIT-modifié.jpg"),
        ("IMAG0061.JPG.supplemental-metadata.json", "IMAG0061-edited.JPG"),
        ("IMG-20230325-WA0122~2.jpg.supplemental-metadat.json", "IMG-20230325-WA0122~2-edited.jpg"),
        ("2234089303984509579.supplemental-metadata.json", "2234089303984509579-edited.jpg"),
        ("IMG.HEIC.json", "IMG-bearbeitet.jpg"),
        ("IMG.jpg(1).json", "IMG-bewerkt(1).jpg"),
        ("IMG.jpg.json", "IMG-編集済み.jpg"),
        ("IMG.jpg.json", "IMG-ha editado.jpg"),
        ("123456789123456789123456789123456789_DSCN9.JPG.json", "123456789123456789123456789123456789_DSCN9-edi.JPG"),
    ],
)
def test_a_takeout_json_is_paired_with_its_picture(json_name: str, picture: str) -> None:
    pairing = pair_sidecars([picture, json_name])
    assert pairing.pairs == {json_name: (picture,)}
    assert pairing.rule[json_name]
    assert not pairing.orphans and not pairing.ambiguous


@pytest.mark.parametrize(
    ("json_name", "picture"),
    [
        ("PXL_20211013_220651983.jpg.json", "PXL_20211013_220651958.jpg"),
        ("PXL_20220405_090123740.PORTRAIT.jpg.json", "PXL_20220405_090123741.PORTRAIT-modifié.jpg"),
        ("DSC_0102.JPG(2).json", "DSC_0102(1).JPG"),
        ("DSC_0103.JPG(1).json", "DSC_0103.JPG"),
        ("DSC.JPG.json", "DSC(1).JPG"),
        ("DSC.JPG.supplemental-metadata.json", "DSC(1).JPG"),
        ("IMG.jpg.json", "IMG-2.jpg"),
        ("IMG.jpg.json", "IMG-edi.jpg"),  # a name this short is never cut
    ],
)
def test_a_json_is_an_orphan_where_only_a_similar_picture_is_there(json_name: str, picture: str) -> None:
    pairing = pair_sidecars([picture, json_name])
    assert pairing.pairs == {}
    assert [problem.sidecars for problem in pairing.orphans] == [(json_name,)]


@pytest.mark.parametrize(
    ("json_name", "picture"),
    [
        (f"{LONG}(494).json", f"{LONG}m(185).jpg"),
        (f"{LONG}.json", f"{LONG}m(1).jpg"),
        ("jquery.s.json", "else.jpg"),
        ("metadata.json", "metadata.jpg"),
        ("metadata(1).json", "a.jpg"),
        ("Métadonnées.json", "a.jpg"),
        ("foo.json", "a.jpg"),
        ("package.json", "package.png"),
        ("index.json", "index.jpg"),
        ("IMG.png.screenshotos.json", "a.jpg"),
        ("IMG.jpg.meta.json", "a.jpg"),
    ],
)
def test_a_json_that_is_no_sidecar_by_its_name_is_left_alone(json_name: str, picture: str) -> None:
    assert pair_sidecars([picture, json_name]) == Pairing()


def test_a_json_that_could_belong_to_anything_is_left_alone() -> None:
    assert pair_sidecars(["trip.json", "trip.jpg", "trip.png"]) == Pairing()


def test_counters_keep_two_pictures_of_one_name_apart() -> None:
    pairing = pair_sidecars(["DSC.JPG", "DSC(1).JPG", "DSC.JPG.json", "DSC.JPG(1).json"])
    assert pairing.pairs == {"DSC.JPG.json": ("DSC.JPG",), "DSC.JPG(1).json": ("DSC(1).JPG",)}


def test_edited_versions_follow_their_original() -> None:
    names = ["IMG.jpg", "IMG-edited.jpg", "IMG(1).jpg", "IMG-edited(1).jpg", "IMG.jpg.json", "IMG.jpg(1).json"]
    assert pair_sidecars(names).pairs == {
        "IMG.jpg.json": ("IMG.jpg", "IMG-edited.jpg"),
        "IMG.jpg(1).json": ("IMG(1).jpg", "IMG-edited(1).jpg"),
    }


def test_an_edited_version_with_a_json_of_its_own_keeps_it() -> None:
    pairing = pair_sidecars(["IMG.jpg", "IMG-edited.jpg", "IMG.jpg.json", "IMG-edited.jpg.json"])
    assert pairing.pairs == {"IMG.jpg.json": ("IMG.jpg",), "IMG-edited.jpg.json": ("IMG-edited.jpg",)}


def test_the_edited_jpeg_of_a_heic_follows_it() -> None:
    pairing = pair_sidecars(["IMG.HEIC", "IMG-edited.jpg", "IMG.HEIC.supplemental-metadata.json"])
    assert list(pairing.pairs.values()) == [("IMG.HEIC", "IMG-edited.jpg")]


@pytest.mark.parametrize(
    ("picture", "clip"),
    [
        ("IMG_1.HEIC", "IMG_1.MP4"),
        ("PXL_1.MP.jpg", "PXL_1.MP"),
        ("PXL_1.MP~2.jpg", "PXL_1.MP~2"),
        ("MVIMG_1.jpg", "MVIMG_1.MP"),
    ],
)
def test_the_clip_of_a_live_picture_shares_its_takeout_json(picture: str, clip: str) -> None:
    assert pictures_of(f"{picture}.json", clip, picture) == (picture, clip)


def test_two_pictures_that_one_cut_name_fits_are_ambiguous_until_the_content_names_one() -> None:
    names = [f"{LONG}one.jpg", f"{LONG}two.jpg", f"{LONG}.json"]
    problem = pair_sidecars(names).ambiguous[0]
    assert (problem.kind, problem.candidates) == ("ambiguous_sidecar", tuple(names[:2]))
    hinted = pair_sidecars(names, lambda name: SidecarHint(names=(f"{LONG}two.jpg",)))
    assert hinted.pairs == {f"{LONG}.json": (f"{LONG}two.jpg",)}


@pytest.mark.parametrize("others", [["IMG.HEIC", "IMG.MOV"], ["IMG.NEF", "IMG.CR2", "IMG.jpg"], ["IMG.jpg", "IMG.png"]])
def test_an_xmp_of_several_pictures_is_ambiguous(others: list[str]) -> None:
    pairing = pair_sidecars([*others, "IMG.xmp"])
    assert pairing.pairs == {}
    assert [problem.candidates for problem in pairing.ambiguous] == [tuple(others)]


@pytest.mark.parametrize(
    "hint", [SidecarHint(extension="jpg"), SidecarHint(names=("IMG.JPG",)), SidecarHint("TIF", ("x.jpg", "img.jpg"))]
)
def test_the_content_of_an_xmp_decides_before_the_raw_file_does(hint: SidecarHint) -> None:
    asked: list[str] = []

    def hints(name: str) -> SidecarHint:
        asked.append(name)
        return hint

    pairing = pair_sidecars(["IMG.NEF", "IMG.jpg", "IMG.xmp", "b.jpg", "b.xmp"], hints)
    assert pairing.pairs["IMG.xmp"] == ("IMG.jpg",)
    assert asked == ["IMG.xmp"]


def test_a_hint_that_fits_nothing_leaves_the_decision_to_the_raw_file() -> None:
    pairing = pair_sidecars(["IMG.NEF", "IMG.jpg", "IMG.xmp"], lambda name: SidecarHint("CR2"))
    assert pairing.pairs["IMG.xmp"] == ("IMG.NEF",)


@pytest.mark.parametrize("sidecar", ["a.xmp", "a.AAE", "a.pp3", "a.THM", "a.jpg.xmp", "a.jpg.json", "IMG_O12.AAE"])
def test_a_sidecar_without_its_picture_is_an_orphan(sidecar: str) -> None:
    assert orphans_of("other.jpg", sidecar) == [sidecar]
    assert orphans_of(sidecar) == [sidecar]


def test_an_orphan_names_the_pictures_that_may_be_its_own() -> None:
    by_stem = pair_sidecars(["IMG.NEF.xmp", "IMG.jpg"]).orphans[0]
    assert by_stem.candidates == ("IMG.jpg",)
    by_content = pair_sidecars(["a.xmp", "b.jpg"], lambda name: SidecarHint(names=("b.jpg", "B.JPG"))).orphans[0]
    assert by_content.candidates == ("b.jpg",)


@pytest.mark.parametrize(
    ("names", "sidecars", "picture"),
    [
        (["IMG.jpg", "IMG.jpg.xmp", "IMG.xmp"], ("IMG.jpg.xmp", "IMG.xmp"), "IMG.jpg"),
        (["IMG.NEF", "IMG.jpg", "IMG.xmp", "IMG.NEF.xmp"], ("IMG.NEF.xmp", "IMG.xmp"), "IMG.NEF"),
        (["IMG.jpg", "IMG.pp3", "IMG.jpg.pp3"], ("IMG.jpg.pp3", "IMG.pp3"), "IMG.jpg"),
        (
            ["IMG.jpg", "IMG.jpg.json", "IMG.jpg.suppl.json"],
            ("IMG.jpg.json", "IMG.jpg.suppl.json"),
            "IMG.jpg",
        ),
    ],
)
def test_two_sidecars_of_one_kind_are_reported_and_stay_paired(
    names: list[str], sidecars: tuple[str, ...], picture: str
) -> None:
    pairing = pair_sidecars(names)
    problem = pairing.doubles[0]
    assert (problem.kind, problem.sidecars, problem.candidates) == ("double_sidecar", sidecars, (picture,))
    assert set(sidecars) <= pairing.pairs.keys()


def test_the_reason_for_two_xmp_files_says_who_reads_which() -> None:
    reason = pair_sidecars(["IMG.jpg", "IMG.jpg.xmp", "IMG.xmp"]).doubles[0].reason
    assert "Immich" in reason and "digiKam" in reason


@pytest.mark.parametrize(
    "names",
    [
        ["IMG.NEF", "IMG.jpg", "IMG.xmp", "IMG.jpg.xmp"],
        ["IMG.NEF", "IMG.NEF.xmp", "IMG_01.NEF.xmp"],
        ["IMG.jpg", "IMG.jpg.xmp", "IMG.jpg.pp3", "IMG.jpg.json"],
        ["IMG_1.HEIC", "IMG_1.AAE", "IMG_O1.AAE"],
    ],
)
def test_sidecars_of_different_pictures_kinds_or_duplicates_are_no_double(names: list[str]) -> None:
    assert pair_sidecars(names).doubles == []


def test_sidecars_of_another_system_are_ignored() -> None:
    names = ["IMG.png", "IMG.png.json", "gone.png.json", "a.xmp"]
    assert pair_sidecars(names, ignore=lambda name: True) == Pairing()
    assert pair_sidecars(names, ignore=lambda name: name.endswith(".xmp")).orphans[0].sidecars == ("gone.png.json",)


def test_the_droppings_of_macos_are_no_sidecars() -> None:
    assert pair_sidecars(["._IMG.xmp", "._IMG.jpg.json"]) == Pairing()


def test_case_twins_pair_with_the_picture_that_is_spelt_so() -> None:
    pairing = pair_sidecars(["IMG.jpg", "img.JPG", "IMG.jpg.xmp", "img.JPG.json"])
    assert pairing.pairs == {"IMG.jpg.xmp": ("IMG.jpg",), "img.JPG.json": ("img.JPG",)}


def test_a_folder_without_sidecars_costs_almost_nothing() -> None:
    names = [f"IMG_{number:05}.JPG" for number in range(20_000)]
    best = min(_seconds(names) for _ in range(5))
    assert best / len(names) < 2e-6  # 0.2 µs when the machine is idle


def test_thousands_of_long_names_that_begin_alike_stay_fast() -> None:
    pictures = [f"{LONG}{number:05}.jpg" for number in range(4000)]
    numbered = [f"{LONG}m({number}).jpg" for number in range(4000)]
    jsons = [f"{LONG}({number}).json" for number in range(4000)] + [f"{LONG}{number:05}.json" for number in range(4000)]
    assert _seconds([*pictures, *numbered, *jsons]) < 5


def _seconds(names: list[str]) -> float:
    started = time.perf_counter()
    pair_sidecars(names)
    return time.perf_counter() - started


STEMS = st.sampled_from(
    ["IMG", "img", "IMG_1", "IMG_O1", "IMG_01", "IMG-edited", "PXL.MP", "e\u0301", "\u00e9", LONG, f"{LONG}m", "a.JP"]
) | st.text(max_size=4)
COUNTERS = st.sampled_from(["", "", "(1)", "(2)"])
ENDINGS = st.sampled_from(["", ".jpg", ".HEIC", ".NEF", ".MOV", ".MP", ".MP~2", ".psd", ".s", ".supplemental-met"])
SIDES = st.sampled_from(["", "", ".xmp", ".json", ".json", ".AAE", ".pp3", ".thm", ".JSON"])
NAMES = st.builds(lambda *parts: "".join(parts), STEMS, COUNTERS, ENDINGS, COUNTERS, ENDINGS, COUNTERS, SIDES)
HINTS = st.none() | st.builds(SidecarHint, st.none() | ENDINGS, st.lists(NAMES, max_size=2).map(tuple))


@settings(max_examples=400, deadline=None)
@given(st.lists(NAMES | st.text(), max_size=25), HINTS, st.booleans())
def test_whatever_the_names_every_sidecar_has_one_answer(
    names: list[str], hint: SidecarHint | None, with_hints: bool
) -> None:
    pairing = pair_sidecars(names, (lambda name: hint) if with_hints else None)
    problems = pairing.orphans + pairing.ambiguous
    answered = [*pairing.pairs, *(name for problem in problems for name in problem.sidecars)]
    assert len(answered) == len(set(answered))
    assert set(answered) <= set(names)
    assert pairing.rule.keys() == pairing.pairs.keys()
    for files in pairing.pairs.values():
        assert files and set(files) <= set(names) - set(answered)
        assert len(files) == len(set(files))
    for problem in problems + pairing.doubles:
        assert problem.kind in KINDS and problem.reason
        assert set(problem.candidates) <= set(names)
    for problem in pairing.ambiguous:
        assert len(problem.candidates) > 1
    for problem in pairing.doubles:
        assert len(problem.sidecars) > 1 and set(problem.sidecars) <= pairing.pairs.keys()


@settings(max_examples=100, deadline=None)
@given(st.lists(NAMES, max_size=15, unique=True))
def test_the_order_of_the_names_does_not_change_which_sidecars_are_paired(names: list[str]) -> None:
    shuffled = sorted(names, reverse=True)
    assert pair_sidecars(names).pairs.keys() == pair_sidecars(shuffled).pairs.keys()
