"""A merge that cannot be made without a loss is refused when it is planned."""

import pytest

from inspector.model.plan import Decision, Plan
from tests.workbench import Workbench

COPY = "notes.sync-conflict-20240101-120000-ABCDEF7.json"
XMP_COPY = "a.jpg.sync-conflict-20240101-120000-ABCDEF7.xmp"
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag>{}</rdf:Bag></dc:subject>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


async def merge_plan(bench: Workbench) -> Plan:
    """The plan that merges the sync program's only copy."""
    await bench.scan()
    (found,) = bench.conflicts("sync_conflict_copy")
    return await bench.engine.repairs.plan(bench.ids, [Decision(found.id, "merge")])


@pytest.mark.parametrize(
    ("original", "copy"),
    [
        ('{"a": {"x": 1}, "a": {"x": 1}}', '{"a": {"x": 1, "y": 2}}'),
        ('{"a": 1}', '{"a": 1, "b": 1, "b": 2}'),
    ],
)
async def test_a_document_with_a_key_twice_is_refused_in_the_plan(bench: Workbench, original: str, copy: str) -> None:
    bench.put("notes.json", original)
    bench.put(COPY, copy)
    plan = await merge_plan(bench)
    assert not plan.items
    assert "twice" in plan.refused[0].reason


@pytest.mark.parametrize(
    ("original", "copy"),
    [
        ('{"crop": [0, 0, 100, 200]}', '{"crop": [0, 0, 120, 200]}'),
        ('{"deep": {"rgb": [255, 0, 0]}}', '{"deep": {"rgb": [0, 255, 0]}}'),
        ('{"history": ["open", "crop"]}', '{"history": ["open", "save"]}'),
        ('{"faces": [{"name": "A", "x": 1}]}', '{"faces": [{"name": "A", "x": 2}]}'),
    ],
)
async def test_lists_of_which_neither_holds_the_other_are_never_mixed(
    bench: Workbench, original: str, copy: str
) -> None:
    bench.put("notes.json", original)
    bench.put(COPY, copy)
    plan = await merge_plan(bench)
    assert not plan.items
    assert "hold different lists of" in plan.refused[0].reason


async def test_keywords_of_both_and_what_a_longer_list_has_more_are_merged(bench: Workbench) -> None:
    bench.put("notes.json", '{"tags": ["sea", "sun"], "steps": ["open"]}')
    bench.put(COPY, '{"tags": ["sun", "sand"], "steps": ["open", "save"]}')
    plan = await merge_plan(bench)
    assert not plan.refused
    await bench.engine.repairs.apply(plan)
    merged = (bench.root / "notes.json").read_text()
    assert merged == '{"tags": ["sea", "sun", "sand"], "steps": ["open", "save"]}'


async def test_keywords_that_are_written_as_character_data_are_merged(bench: Workbench) -> None:
    bench.put("a.jpg", "a picture")
    bench.put("a.jpg.xmp", XMP.format("<rdf:li><![CDATA[black & white]]></rdf:li>"))
    bench.put(XMP_COPY, XMP.format("<rdf:li>black &amp; white</rdf:li><rdf:li><![CDATA[a < b]]></rdf:li>"))
    plan = await merge_plan(bench)
    assert not plan.refused
    await bench.engine.repairs.apply(plan)
    merged = "<rdf:li><![CDATA[black & white]]></rdf:li><rdf:li>a &lt; b</rdf:li>"
    assert (bench.root / "a.jpg.xmp").read_text() == XMP.format(merged)
