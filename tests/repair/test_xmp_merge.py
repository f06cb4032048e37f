"""Two versions of one XMP sidecar become one: nothing of either is lost, and what is not understood is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.layouts.repairs import CannotRepairError
from inspector.media.xmp import read_xmp_fields
from inspector.model.plan import Decision, ItemState
from inspector.repair.xmp_merge import merge_sidecars
from tests.workbench import Workbench

NAMESPACES = """xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" xmlns:own="urn:own" xmlns:other="urn:other\""""

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12).filter(
    lambda text: text == text.strip()
)


def sidecar(body: str, attributes: str = "", before: str = "") -> bytes:
    return (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        f'{before}<rdf:RDF {NAMESPACES}>\n  <rdf:Description rdf:about="" {attributes}>\n{body}\n'
        f"  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n{' ' * 100}\n<?xpacket end='w'?>"
    ).encode()


def bag(*words: str, name: str = "dc:subject", kind: str = "Bag") -> str:
    items = "\n     ".join(f"<rdf:li>{word}</rdf:li>" for word in words)
    return f"   <{name}>\n    <rdf:{kind}>\n     {items}\n    </rdf:{kind}>\n   </{name}>"


def dated(day: int, more: str = "") -> str:
    return f'xmp:MetadataDate="2024-01-{day:02}T00:00:00Z" {more}'


def merged(one: bytes, two: bytes) -> dict[str, object]:
    return read_xmp_fields(merge_sidecars(one, two).text.encode())


def test_keywords_of_both_are_kept_and_all_else_stays_to_the_byte() -> None:
    one = sidecar(bag("sea", "sun") + "\n<!-- a note -->\n<own:thing  a='1'  own:b=\"2\"/>")
    result = merge_sidecars(one, sidecar(bag("sun", "R&amp;D")))
    assert result.changes == 1
    assert result.text == one.decode().replace(
        "<rdf:li>sun</rdf:li>", "<rdf:li>sun</rdf:li>\n     <rdf:li>R&amp;D</rdf:li>"
    )
    assert merged(one, sidecar(bag("sun", "R&amp;D")))["dc:subject"] == ["sea", "sun", "R&D"]


def test_two_that_say_the_same_need_no_change() -> None:
    one = sidecar(bag("b", "a"), 'xmp:Rating="3"')
    two = sidecar("<xmp:Rating>3</xmp:Rating>\n" + bag("a", "b"))
    assert merge_sidecars(one, two).changes == 0
    assert merge_sidecars(one, two).text == one.decode()


@pytest.mark.parametrize(("day", "rating", "label"), [(2, "5", 'it\'s "new" & <so>'), (1, "3", "old")])
def test_of_values_that_differ_the_newer_files_count(day: int, rating: str, label: str) -> None:
    one = sidecar("<xmp:Label>old</xmp:Label>", 'xmp:MetadataDate="2024-01-01T12:00:00Z" xmp:Rating="3"')
    two = sidecar("<xmp:Rating>5</xmp:Rating>", dated(day, "xmp:Label='it&apos;s \"new\" &amp; &lt;so&gt;'"))
    found = merged(one, two)
    assert (found["xmp:Rating"], found["xmp:Label"]) == (rating, label)
    assert found["xmp:MetadataDate"] == ("2024-01-02T00:00:00Z" if day == 2 else "2024-01-01T12:00:00Z")


def test_what_only_the_copy_holds_comes_along_as_it_is_written_there() -> None:
    structure = '<xmpMM:DerivedFrom rdf:parseType="Resource"><own:x>1</own:x><!-- so --></xmpMM:DerivedFrom>'
    two = sidecar(structure + bag("a"), 'xmp:Rating="4" own:y="&lt;"')
    text = merge_sidecars(sidecar("<xmp:Label>red</xmp:Label>"), two).text
    assert structure in text
    found = read_xmp_fields(text.encode())
    assert found["xmp:Label"] == "red"
    assert {name: found[name] for name in read_xmp_fields(two)} == read_xmp_fields(two)


def test_prefixes_that_the_original_does_not_know_are_declared() -> None:
    two = re.sub(rb"\bown\b", b"mine", sidecar("<own:a>1</own:a>", 'own:b="2"')).replace(b"urn:mine", b"urn:x")
    found = merged(sidecar("<own:a>0</own:a>"), two)
    assert (found["own:a"], found["mine:a"], found["mine:b"]) == ("0", "1", "2")


def test_languages_are_joined_and_the_newer_text_of_each_counts() -> None:
    def title(**texts: str) -> str:
        items = "".join(f'<rdf:li xml:lang="{name.replace("_", "-")}">{text}</rdf:li>' for name, text in texts.items())
        return f"<dc:title><rdf:Alt>{items}</rdf:Alt></dc:title>"

    one = sidecar(title(x_default="old", de="alt"), dated(1))
    two = sidecar(title(x_default="new", fr="neuf"), dated(2))
    assert merged(one, two)["dc:title/x-default"] == "new"
    assert merged(one, two)["dc:title/de"] == "alt"
    assert merged(one, two)["dc:title/fr"] == "neuf"
    assert merged(two, one)["dc:title/x-default"] == "new"


@pytest.mark.parametrize(
    ("one", "two", "reason"),
    [
        (sidecar("", 'xmp:Rating="1"'), sidecar("", 'xmp:Rating="2"'), "which is the newer"),
        (sidecar("", dated(1, 'xmp:Rating="1"')), sidecar("", dated(1, 'xmp:Rating="2"')), "which is the newer"),
        (sidecar("", dated(1, 'crs:Tint="1"')), sidecar("", dated(2, 'crs:Tint="2"')), "development settings"),
        (sidecar("", 'crs:Tint="1"'), sidecar("", 'crs:Tint="1" crs:Vibrance="2"'), "development settings"),
        (
            sidecar(bag("a", name="xmpMM:History", kind="Seq"), dated(1)),
            sidecar(bag("b", name="xmpMM:History", kind="Seq"), dated(2)),
            "'History'",
        ),
        (sidecar("<own:a><own:b/></own:a>"), sidecar("<own:a><own:c/></own:a>"), "'a'"),
        (sidecar("", 'xmpMM:DocumentID="1"'), sidecar("", 'xmpMM:DocumentID="2"'), "different documents"),
        (sidecar("<own:a>1</own:a><own:a>2</own:a>"), sidecar(""), "twice"),
        (sidecar("").replace(b'about=""', b'about="x"'), sidecar(""), "rdf:about"),
        (b"<x/>", sidecar(""), "cannot be merged"),
        (sidecar("")[:-150], sidecar(""), "cannot be merged"),
        (sidecar("").decode().encode("utf-16"), sidecar(""), "cannot be merged"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + sidecar(""), sidecar(""), "cannot be merged"),
    ],
)
def test_what_cannot_be_merged_without_a_loss_is_refused(one: bytes, two: bytes, reason: str) -> None:
    with pytest.raises(CannotRepairError, match=reason):
        merge_sidecars(one, two)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@given(
    st.dictionaries(st.sampled_from("abcd"), TEXTS),
    st.dictionaries(st.sampled_from("abcd"), TEXTS),
    st.lists(TEXTS, unique=True),
    st.lists(TEXTS, unique=True),
    st.booleans(),
)
def test_every_keyword_and_every_property_of_both_is_there_afterwards(
    ours: dict[str, str], theirs: dict[str, str], words: list[str], others: list[str], as_elements: bool
) -> None:
    def written(values: dict[str, str], subjects: list[str], day: int) -> bytes:
        keywords = bag(*map(escaped, subjects)) if subjects else ""
        if as_elements:
            elements = "".join(f"<own:{name}>{escaped(text)}</own:{name}>" for name, text in values.items())
            return sidecar(keywords + elements, dated(day))
        return sidecar(keywords, dated(day, " ".join(f'own:{name}="{escaped(text)}"' for name, text in values.items())))

    found = merged(written(ours, words, 1), written(theirs, others, 2))
    assert set(found.get("dc:subject", ())) == {*words, *others}  # type: ignore[call-overload]
    wanted = {f"own:{name}": text for name, text in {**ours, **theirs}.items()}
    assert {name: text for name, text in found.items() if name.startswith("own:")} == wanted


async def test_a_conflict_copy_of_a_sidecar_is_merged_and_taken_back(bench: Workbench) -> None:
    bench.put("a.jpg", "a")
    original = bench.put("a.jpg.xmp", sidecar(bag("sea"), dated(1, 'xmp:Rating="1"')))
    copy = bench.put("a.jpg.sync-conflict-20240101-120000-ABCDEF7.xmp", sidecar(bag("sun"), dated(2, 'xmp:Rating="2"')))
    before = {path: path.read_bytes() for path in (original, copy)}
    await bench.scan()
    (conflict,) = bench.conflicts("sync_conflict_copy")
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(conflict.id, "merge")])
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    found = read_xmp_fields(original.read_bytes())
    assert (found["dc:subject"], found["xmp:Rating"]) == (["sea", "sun"], "2")
    assert not copy.exists()
    assert bench.conflicts("sync_conflict_copy") == []
    await bench.engine.repairs.undo(applied.batch.id)
    assert {path: path.read_bytes() for path in (original, copy)} == before


async def test_of_two_sidecars_of_a_picture_the_one_with_the_whole_name_holds_both_afterwards(bench: Workbench) -> None:
    bench.put("a.jpg", "a")
    full = bench.put("a.jpg.xmp", sidecar(bag("sea")))
    short = bench.put("a.xmp", sidecar(bag("sun"), 'xmp:Rating="2"'))
    await bench.scan()
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(bench.only("double_sidecar").id, "merge")])
    assert plan.items[0].after == "a.jpg.xmp stays with 2 changes of the other"
    applied = await bench.engine.repairs.apply(plan)
    assert [item.state for item in applied.batch.items] == [ItemState.DONE]
    assert read_xmp_fields(full.read_bytes())["dc:subject"] == ["sea", "sun"]
    assert not short.exists()
    assert bench.kinds() == {}


async def test_a_merge_that_is_refused_says_what_is_possible_instead(bench: Workbench) -> None:
    bench.put("a.jpg", "a")
    bench.put("a.jpg.xmp", sidecar("", dated(1, 'crs:Tint="1"')))
    bench.put("a.jpg.sync-conflict-20240101-120000-ABCDEF7.xmp", sidecar("", dated(2, 'crs:Tint="2"')))
    bench.put("b.jpg", "b")
    bench.put("b.sync-conflict-20240101-120000-ABCDEF7.jpg", "other")
    await bench.scan()
    conflicts = bench.conflicts("sync_conflict_copy")
    plan = await bench.engine.repairs.plan(bench.ids, [Decision(one.id, "merge") for one in conflicts])
    assert not plan.items
    reasons = sorted(refusal.reason for refusal in plan.refused)
    assert len(reasons) == len(conflicts)
    assert all("keep_original, keep_copy and keep_both are possible" in reason for reason in reasons)
    assert any("development settings" in reason for reason in reasons)
    assert any("only JSON documents and XMP sidecars" in reason for reason in reasons)
