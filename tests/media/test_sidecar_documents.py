import json
import plistlib
import struct
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.media.sidecar_documents import MAX_SIDECAR_BYTES, SidecarDocument, SidecarKind, read_sidecar
from inspector.model.errors import DocumentError
from inspector.model.sidecar_hint import SidecarHint

NAMESPACES = """xmlns:x="adobe:ns:meta/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
 xmlns:stRef="http://ns.adobe.com/xap/1.0/sType/ResourceRef#" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
 xmlns:my="http://example.org/my/" """


def xmp(inner: str = "", attributes: str = "") -> str:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta {NAMESPACES} x:xmptk="XMP Core 5.5.0"><rdf:RDF>'
        f'<rdf:Description rdf:about="" {attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    )


def fields_of(inner: str = "", attributes: str = "") -> dict[str, Any]:
    fields = dict(read_sidecar("a.xmp", xmp(inner, attributes).encode()).fields)
    del fields["x:xmptk"]
    return fields


def error_of(name: str, data: bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read_sidecar(name, data)
    return caught.value


WHOLE_XMP = xmp(
    "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>été</rdf:li></rdf:Bag></dc:subject>"
    '<xmpMM:DerivedFrom stRef:filePath="C:\\pictures\\IMG_1.NEF"/>',
    'xmp:Rating="5" photoshop:SidecarForExtension="NEF"',
)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<xmp:Rating>5</xmp:Rating>", {"xmp:Rating": "5"}),
        ("<xmp:Label/>", {"xmp:Label": ""}),
        (
            "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>sun</rdf:li></rdf:Bag></dc:subject>",
            {"dc:subject": ["sea", "sun"]},
        ),
        ("<dc:creator><rdf:Seq/></dc:creator>", {"dc:creator": []}),
        (
            '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Hei</rdf:li></rdf:Alt></dc:title>',
            {"dc:title": "Hei"},
        ),
        (
            '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Sea</rdf:li><rdf:li xml:lang="nb">Hav</rdf:li></rdf:Alt>'
            "</dc:title>",
            {"dc:title/x-default": "Sea", "dc:title/nb": "Hav"},
        ),
        ('<xmpMM:DerivedFrom stRef:filePath="a.NEF"/>', {"xmpMM:DerivedFrom/stRef:filePath": "a.NEF"}),
        (
            '<xmpMM:DerivedFrom rdf:parseType="Resource"><stRef:filePath>a.NEF</stRef:filePath></xmpMM:DerivedFrom>',
            {"xmpMM:DerivedFrom/stRef:filePath": "a.NEF"},
        ),
        (
            "<xmpMM:DerivedFrom><rdf:Description><stRef:filePath>a.NEF</stRef:filePath></rdf:Description>"
            "</xmpMM:DerivedFrom>",
            {"xmpMM:DerivedFrom/stRef:filePath": "a.NEF"},
        ),
        (
            '<xmp:Rating rdf:parseType="Resource"><rdf:value>3</rdf:value><my:by>me</my:by></xmp:Rating>',
            {"xmp:Rating": "3"},
        ),
        ('<xmp:BaseURL rdf:resource="http://example.org"/>', {"xmp:BaseURL": "http://example.org"}),
        (
            '<xmpMM:Pantry><rdf:Bag><rdf:li stRef:filePath="a"/></rdf:Bag></xmpMM:Pantry>',
            {"xmpMM:Pantry": [{"stRef:filePath": "a"}]},
        ),
        ("<my:word>own</my:word>", {"my:word": "own"}),
    ],
)
def test_every_form_of_rdf_becomes_the_same_kind_of_field(inner: str, expected: dict[str, Any]) -> None:
    assert fields_of(inner) == expected


def test_attributes_are_fields_as_elements_are() -> None:
    assert fields_of(attributes='xmp:Rating="5" dc:format="image/jpeg"') == {
        "xmp:Rating": "5",
        "dc:format": "image/jpeg",
    }


def test_known_namespaces_have_their_usual_prefix_whatever_the_document_calls_them() -> None:
    text = xmp("<odd:Rating xmlns:odd='http://ns.adobe.com/xap/1.0/'>1</odd:Rating>")
    assert read_sidecar("a.xmp", text.encode()).fields["xmp:Rating"] == "1"


@pytest.mark.parametrize(
    "data",
    [
        WHOLE_XMP.encode(),
        WHOLE_XMP.encode("utf-8-sig"),
        WHOLE_XMP.encode("utf-16"),
        WHOLE_XMP.encode("utf-16-le"),
        WHOLE_XMP.encode("utf-16-be"),
        WHOLE_XMP.encode("utf-32"),
        ('<?xml version="1.0" encoding="UTF-16"?>\n' + WHOLE_XMP).encode("utf-16"),
        ('<?xml version="1.0" encoding="UTF-8"?>\n' + WHOLE_XMP).encode(),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>' + WHOLE_XMP.replace("\ufeff", "")).encode("latin-1"),
        WHOLE_XMP.encode() + b"\0" * 4096,
        WHOLE_XMP.replace("<?xpacket end", "\0" * 64 + "<?xpacket end").encode(),
        b"\n  " + WHOLE_XMP.encode() + b" " * 4096,
    ],
)
def test_an_xmp_reads_the_same_in_every_encoding_and_padding(data: bytes) -> None:
    document = read_sidecar("IMG_1.xmp", data)
    assert document.kind is SidecarKind.XMP
    assert list(document.fields.items()) == [
        ("x:xmptk", "XMP Core 5.5.0"),
        ("xmp:Rating", "5"),
        ("photoshop:SidecarForExtension", "NEF"),
        ("dc:subject", ["sea", "été"]),
        ("xmpMM:DerivedFrom/stRef:filePath", "C:\\pictures\\IMG_1.NEF"),
    ]
    assert document.hint == SidecarHint("NEF", ("IMG_1.NEF",))


@pytest.mark.parametrize(
    ("attributes", "hint"),
    [
        ('photoshop:SidecarForExtension=".nef"', SidecarHint("nef")),
        ('xmpMM:DerivedFrom="DSC_1.NEF"', SidecarHint(None, ("DSC_1.NEF",))),
        ('crs:RawFileName="a.dng" xmpMM:DerivedFrom="folder/b.dng"', SidecarHint(None, ("a.dng", "b.dng"))),
        ('xmp:Rating="1"', None),
        ('crs:RawFileName="" photoshop:SidecarForExtension=" "', None),
    ],
)
def test_an_xmp_says_which_picture_it_means(attributes: str, hint: SidecarHint | None) -> None:
    assert read_sidecar("a.xmp", xmp(attributes=attributes).encode()).hint == hint


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]><x>&secret;</x>',
        b'<!DOCTYPE x SYSTEM "http://example.org/x.dtd"><x/>',
        f"<!DOCTYPE x [{LAUGHS}]><x>&l9;</x>".encode(),
        f"<!DOCTYPE x [{LAUGHS}]><x>&l9;</x>".encode("utf-16"),
    ],
)
def test_document_types_and_entities_are_refused(data: bytes) -> None:
    assert "document type or entities" in error_of("a.xmp", data).message


def test_a_hundred_thousand_nested_elements_are_refused_early() -> None:
    error = error_of("a.xmp", b"<a>" * 100_000 + b"</a>" * 100_000)
    assert "deeper than 64" in error.message
    assert error.offset is not None and error.offset < 1000


def test_a_million_elements_are_refused() -> None:
    assert "more than" in error_of("a.xmp", b"<a>" + b"<b/>" * 1_000_000 + b"</a>").message


@pytest.mark.parametrize(
    "data",
    [
        b"not xml",
        b"<a>",
        b"<a/>",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        b'<?xml version="1.0" encoding="shift_jis"?><a/>',
        b"<a>\xff</a>",
        b"\xff\xfe<",
    ],
)
def test_what_is_not_xmp_is_refused(data: bytes) -> None:
    assert error_of("a.xmp", data).path == "a.xmp"


def test_the_offset_of_damage_is_in_the_file_and_not_in_the_stripped_text() -> None:
    error = error_of("a.xmp", b"\xef\xbb\xbf \n<a><b></a>")
    assert error.offset is not None and error.offset == len(b"\xef\xbb\xbf \n<a><b></")


TAKEOUT = {
    "title": "IMG_1.jpg",
    "photoTakenTime": {"timestamp": "1600000000", "formatted": "13. sep. 2020"},
    "people": [{"name": "Åse"}],
}


@pytest.mark.parametrize(
    ("document", "kind", "hint"),
    [
        (TAKEOUT, SidecarKind.TAKEOUT, SidecarHint(None, ("IMG_1.jpg",))),
        ({"title": "Sommer", "date": {"timestamp": "0"}}, SidecarKind.TAKEOUT_ALBUM, None),
        ({"albumData": {"title": "Sommer"}}, SidecarKind.TAKEOUT_ALBUM, None),
        ([{"SourceFile": "./a/IMG.NEF", "EXIF:ISO": 100}], SidecarKind.EXIFTOOL, SidecarHint(None, ("IMG.NEF",))),
        ([{"ExifTool:ExifToolVersion": 12.5}], SidecarKind.EXIFTOOL, None),
        ({"SourceFile": "IMG.NEF"}, SidecarKind.EXIFTOOL, SidecarHint(None, ("IMG.NEF",))),
        ({"name": "package"}, SidecarKind.JSON, None),
        ({}, SidecarKind.JSON, None),
    ],
)
def test_json_is_told_apart_by_its_keys(document: Any, kind: SidecarKind, hint: SidecarHint | None) -> None:
    read = read_sidecar("a.json", json.dumps(document).encode())
    assert (read.kind, read.hint) == (kind, hint)
    assert read.fields == (document[0] if isinstance(document, list) else document)


@pytest.mark.parametrize("document", [[], [1, 2], [{"SourceFile": "a"}, {"SourceFile": "b"}], "text", 3, None])
def test_json_that_is_no_object_is_kept_whole(document: Any) -> None:
    assert read_sidecar("a.json", json.dumps(document).encode()) == SidecarDocument(SidecarKind.JSON, {"": document})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_json_reads_in_every_encoding(encoding: str) -> None:
    assert read_sidecar("a.json", json.dumps(TAKEOUT, ensure_ascii=False).encode(encoding)).fields == TAKEOUT


def test_half_a_surrogate_pair_in_json_becomes_a_replacement_character() -> None:
    fields = read_sidecar("a.json", b'{"\\ud83d": "a\\udc00"}').fields
    assert fields == {"\ufffd": "a\ufffd"}


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": ',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b"[" * 100_000,
        b"[" * 100 + b"]" * 100,
        b"1" * 5000,
        b'"\xff"',
        b"[" + b"1," * 300_000 + b"1]",
    ],
)
def test_broken_or_boundless_json_is_refused(data: bytes) -> None:
    assert error_of("a.json", data).message


def test_json_errors_say_where() -> None:
    assert error_of("a.json", b'{"a": 1,}').offset == 8


AAE = {
    "adjustmentFormatIdentifier": "com.apple.photo",
    "adjustmentData": b"\0\1",
    "adjustmentTimestamp": datetime(2024, 5, 6, 7, 8, 9),
    "adjustmentRenderTypes": 0,
}


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_an_aae_reads_from_both_forms_of_property_lists(form: Any) -> None:
    document = read_sidecar("IMG_1.AAE", plistlib.dumps(AAE, fmt=form, sort_keys=False))
    assert document.kind is SidecarKind.AAE
    assert document.fields == {
        "adjustmentFormatIdentifier": "com.apple.photo",
        "adjustmentData": "AAE=",
        "adjustmentTimestamp": "2024-05-06T07:08:09",
        "adjustmentRenderTypes": 0,
    }


def binary_plist(*objects: bytes) -> bytes:
    """A binary property list of at most 256 hand-made objects, the first of which is its root."""
    body, offsets = b"bplist00", []
    for each in objects:
        offsets.append(len(body))
        body += each
    table = b"".join(struct.pack(">H", offset) for offset in offsets)
    return body + table + struct.pack(">6xBBQQQ", 2, 1, len(objects), 0, len(body))


def test_a_property_list_that_holds_itself_is_refused() -> None:
    cyclic = binary_plist(b"\xd1\x01\x02", b"\x51k", b"\xa1\x02")
    assert error_of("a.aae", cyclic).message == "it refers to itself"


def test_a_property_list_that_unfolds_without_end_is_refused() -> None:
    lists = [b"\xa2" + bytes((number + 1, number + 1)) for number in range(2, 40)]
    bomb = binary_plist(b"\xd1\x01\x02", b"\x51k", *lists, b"\x51x")
    assert "more than" in error_of("a.aae", bomb).message


def test_a_property_list_that_repeats_a_long_text_without_end_is_refused() -> None:
    count, length = 60_000, 40_000
    references = b"\xaf\x12" + struct.pack(">I", count) + b"\x03" * count
    text = b"\x5f\x12" + struct.pack(">I", length) + b"x" * length
    body, offsets = b"bplist00", []
    for each in (b"\xd1\x01\x02", b"\x51k", references, text):
        offsets.append(len(body))
        body += each
    table = b"".join(struct.pack(">I", offset) for offset in offsets)
    data = body + table + struct.pack(">6xBBQQQ", 4, 1, 4, 0, len(body))
    assert "characters" in error_of("a.aae", data).message


@pytest.mark.parametrize(
    "data",
    [
        b"bplist00",
        b"<plist><dict><key>a</key><date>yesterday</date></dict></plist>",
        b"<plist><dict><integer>1</integer></dict></plist>",
        b"<plist><dict><key>a</key><data>YWJ</data></dict></plist>",
        b'<!DOCTYPE p [<!ENTITY e "x">]><plist><string>&e;</string></plist>',
        b"<plist>" + b"<array>" * 5000 + b"</array>" * 5000 + b"</plist>",
        b"<plist><dict><key>a</key>" + b"<array>" * 5000 + b"</array>" * 5000 + b"</dict></plist>",
        b"<plist><array/></plist>",
        b"<?xml version='1.0'?><plist",
        b"\xff\xd8\xff\xe0",
    ],
)
def test_broken_property_lists_are_refused(data: bytes) -> None:
    assert error_of("a.aae", data).message


def test_a_pp3_reads_with_doubled_sections_and_percent_signs() -> None:
    text = "[Version]\nAppVersion=5.9\n\n[Exposure]\nAuto=false\nCurve=1;0.5;%(x)s\n[Exposure]\nauto=x:y\nAuto=true\n"
    document = read_sidecar("IMG.jpg.pp3", text.encode())
    assert document.kind is SidecarKind.PP3
    assert document.fields == {
        "Version/AppVersion": "5.9",
        "Exposure/Auto": "true",
        "Exposure/Curve": "1;0.5;%(x)s",
        "Exposure/auto": "x:y",
    }


@pytest.mark.parametrize("data", [b"a=1\n[S]\n", b"[S]\nnothing\n", b"\xff\xfe[S]", b"# only a comment\n", b"[S\n"])
def test_broken_profiles_are_refused(data: bytes) -> None:
    assert error_of("a.pp3", data).message


def test_a_profile_of_a_million_bad_lines_is_refused_at_the_first() -> None:
    assert error_of("a.pp3", b"[S]\n" + b"x\n" * 1_000_000).offset == 4


def test_errors_in_a_property_list_say_where() -> None:
    assert error_of("a.aae", b"<plist>\n<dict>\n</plist>").offset == len(b"<plist>\n<dict>\n</")


def test_a_thumbnail_is_told_by_its_first_bytes() -> None:
    assert read_sidecar("MVI.THM", b"\xff\xd8\xff\xe0rest") == SidecarDocument(SidecarKind.THM, {"bytes": 8})
    assert error_of("MVI.THM", b"RIFF").offset == 0


@pytest.mark.parametrize("name", ["a.xmp", "a.json", "a.aae", "a.pp3", "a.thm"])
def test_an_empty_or_blank_sidecar_is_refused(name: str) -> None:
    assert error_of(name, b"").message == "it is empty"
    assert error_of(name, b"\0" * 512).message == "it is empty"


def test_a_sidecar_beyond_the_cap_is_refused() -> None:
    assert "larger" in error_of("a.json", b" " * (MAX_SIDECAR_BYTES + 1)).message


def test_a_file_of_another_kind_is_refused() -> None:
    assert "no sidecar" in error_of("a.txt", b"x").message


WHOLE = {
    "a.xmp": WHOLE_XMP.encode(),
    "b.xmp": WHOLE_XMP.encode("utf-16"),
    "a.json": json.dumps(TAKEOUT, ensure_ascii=False).encode(),
    "a.aae": plistlib.dumps(AAE),
    "b.aae": plistlib.dumps(AAE, fmt=plistlib.FMT_BINARY),
    "a.pp3": b"[Version]\nAppVersion=5.9\n # x\n[Exposure]\nAuto = false\n  More=\n",
}


def read_or_refuse(name: str, data: bytes) -> None:
    """Read `data` or refuse it with the one error; what was read must be JSON values that can be written."""
    try:
        document = read_sidecar(name, data)
    except DocumentError as error:
        assert error.offset is None or error.offset >= 0
        assert str(error).startswith(name)
    else:
        json.dumps(document.fields, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize("name", WHOLE)
def test_every_truncation_of_a_sidecar_is_read_or_refused(name: str) -> None:
    for length in range(len(WHOLE[name])):
        read_or_refuse(name, WHOLE[name][:length])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    read_or_refuse(name, data)
    read_or_refuse(name, WHOLE[name][:8] + data)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_sidecars_with_changed_bytes_are_read_or_refused(name: str, data: st.DataObject) -> None:
    changed = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))
    read_or_refuse(name, bytes(changed))
    read_or_refuse(name, bytes(changed[:cut] + changed[cut + 1 :]))


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_read_or_refused(document: Any) -> None:
    read_or_refuse("a.json", json.dumps(document).encode())
