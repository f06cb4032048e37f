"""A report as one page that needs nothing else: what there is, what disagrees, and each conflict with its pictures."""

import base64
import time
from collections.abc import Callable, Iterable

from inspector import __version__
from inspector.model.display import human_bytes
from inspector.model.evidence import Comparison, Explained, Fact, explain, local_time
from inspector.model.kinds import KINDS, KindInfo, Severity
from inspector.model.reasons import short_reason
from inspector.model.records import Choice, Conflict, LayerInfo, StorageInfo, StorageState
from inspector.reports.markup import count, name, path, text
from inspector.reports.page_style import POLICY, STYLE
from inspector.reports.source import Source
from inspector.reports.thumbnails import Thumbnail, Thumbnails

Write = Callable[[str], None]

_NAMED_IN_THE_TITLE = 2
_PLURALS = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.INFO: "notes"}


def write_html(source: Source, write: Write, thumbnails: Thumbnails) -> None:
    """Write the page, conflict by conflict."""
    by_kind = source.count_by_kind()
    settled = source.count_by_kind(settled=True)
    _write_head(source, by_kind, sum(settled.values()), write)
    _write_kinds(by_kind, write)
    _write_storages(source, write)
    for kind, number in by_kind.items():
        _write_kind(source, kind, number, write, thumbnails)
    if source.request.settled and settled:
        write(f'<h2 id="settled">Settled before <small>{sum(settled.values()):,}</small></h2>\n')
        write('<p class="lead">A person decided not to be shown these until something about them changes.</p>\n')
        _write_conflicts(source, source.conflicts(settled=True), write, thumbnails)
    _write_foot(source, thumbnails, write)


def _write_head(source: Source, by_kind: dict[str, int], settled: int, write: Write) -> None:
    where = f"{len(source.storages)} storages"
    if len(source.storages) <= _NAMED_IN_THE_TITLE:
        where = " and ".join(f"<bdi>{name(storage.name)}</bdi>" for storage in source.storages)
    title = ", ".join(name(storage.name) for storage in source.storages)
    created = time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(source.created))
    conflicts = count(sum(by_kind.values()), "conflict") if by_kind else "No conflicts"
    write(
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{conflicts}: {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{conflicts} in {where}</h1>\n<p class="soft">{text(created)}</p>\n'
    )
    if source.request.query:
        write(f'<p class="soft">Only what fits the filter <bdi>{text(source.request.query.shown)}</bdi></p>\n')
    write('<ul class="tiles">\n')
    for severity, number in source.count_by_severity().items():
        words = severity.word if number == 1 else _PLURALS[severity]
        write(f'<li><b class="{severity.word}">{number:,}</b>{words}</li>\n')
    if settled:
        write(f"<li><b>{settled:,}</b>settled before</li>\n")
    files, size = sum(one.files for one in source.storages), sum(one.bytes for one in source.storages)
    write(f"<li><b>{files:,}</b>files, {human_bytes(size)}</li>\n</ul>\n")


def _write_storages(source: Source, write: Write) -> None:
    by_storage = source.count_by_storage()
    write(f"<h2>{'Storages' if len(source.storages) > 1 else 'The storage'}</h2>\n")
    for storage in source.storages:
        _write_storage(storage, by_storage[storage.id], write)


def _write_storage(storage: StorageInfo, conflicts: int, write: Write) -> None:
    facts = [text(storage.layout), count(storage.files, "file"), human_bytes(storage.bytes)]
    facts.append(count(conflicts, "conflict") if conflicts else '<span class="good">no conflicts</span>')
    facts.append(f"last scan {text(local_time(storage.last_scan_ns))}" if storage.last_scan_ns else "never scanned")
    if storage.reference:
        facts.append("a reference: never written")
    tone = "good" if storage.state is StorageState.READY else "warning"
    write(
        f'<section class="card">\n<h3><bdi>{name(storage.name)}</bdi> '
        f'<span class="badge {tone}">{text(storage.state.value)}</span></h3>\n'
        f"<p>{path(storage.root)}</p>\n"
        f'<p class="meta">{"".join(f"<span>{fact}</span>" for fact in facts)}</p>\n'
    )
    if storage.reason:
        write(f'<p class="warning">{text(storage.reason)}</p>\n')
    if storage.layers:
        write(f'<dl class="layers">{"".join(map(_layer, storage.layers))}</dl>\n')
    write("</section>\n")


def _layer(layer: LayerInfo) -> str:
    state = "" if layer.state == "ok" else f' <span class="warning">{text(layer.state)}</span>'
    return f"<div><dt>{name(layer.name)}</dt><dd>{layer.claims:,}{state}</dd></div>"


def _write_kinds(by_kind: dict[str, int], write: Write) -> None:
    if not by_kind:
        write(
            '<h2>Conflicts</h2>\n<section class="card"><p class="good">No conflicts: the layers agree.</p></section>\n'
        )
        return
    write('<h2>What disagrees</h2>\n<section class="card"><table>\n')
    for kind, number in by_kind.items():
        info = _kind(kind)
        word = info.severity.word
        write(
            f'<tr><td class="{word}">{word}</td><td><a href="#{text(kind)}">{text(info.title)}</a></td>'
            f'<td class="soft meaning">{text(info.meaning)}</td><td class="number">{number:,}</td></tr>\n'
        )
    write("</table></section>\n")


def _write_kind(source: Source, kind: str, number: int, write: Write, thumbnails: Thumbnails) -> None:
    info = _kind(kind)
    write(f'<h2 id="{text(kind)}">{text(info.title)} <small>{number:,}</small></h2>\n')
    write(f'<p class="lead">{text(info.meaning)}</p>\n')
    _write_conflicts(source, source.conflicts(kind), write, thumbnails)


def _write_conflicts(source: Source, conflicts: Iterable[Conflict], write: Write, thumbnails: Thumbnails) -> None:
    names = source.names
    for conflict in conflicts:
        write("<article>\n")
        _write_pictures(thumbnails.of(conflict), write)
        write('<div class="body">\n')
        word = conflict.severity.word
        label = path(conflict.path) if conflict.path is not None else f"<bdi>{text(conflict.label)}</bdi>"
        write(f'<p><span class="badge {word}">{word}</span> {label}</p>\n')
        if len(conflict.paths) > 1:
            write(f'<ul class="also">{"".join(f"<li>{path(one)}</li>" for one in conflict.paths[1:])}</ul>\n')
        reason = short_reason(conflict)
        if reason:
            write(f"<p>{text(reason)}</p>\n")
        decision = source.decision(conflict)
        choices = source.choices(conflict)
        facts = [f"<bdi>{name(names[conflict.storage_id])}</bdi>", f"<code>{text(conflict.id)}</code>"]
        if decision is not None:
            facts.append(f'<span class="good">decided: {text(_title(decision.choice, choices))}</span>')
        write(f'<p class="meta">{"".join(f"<span>{fact}</span>" for fact in facts)}</p>\n')
        explained = explain(conflict.evidence, names)
        _write_comparison(explained.comparison, write)
        _write_details(explained, choices, write)
        write("</div>\n</article>\n")


def _title(choice: str, choices: tuple[Choice, ...]) -> str:
    return next((one.title for one in choices if one.id == choice), choice)


def _write_pictures(pictures: list[Thumbnail], write: Write) -> None:
    if not pictures:
        return
    write('<div class="pictures">\n')
    for one in pictures:
        if one.failure:
            write(f'<figure><figcaption class="warning">not shown: {text(one.failure)}</figcaption></figure>\n')
            continue
        data = base64.b64encode(one.jpeg).decode("ascii")
        write(
            f'<figure><img width="{one.width}" height="{one.height}" loading="lazy" alt="{name(one.path)}" '
            f'src="data:image/jpeg;base64,{data}"><figcaption>'
            f"{name(one.path.rpartition('/')[2])}{f', {text(one.caption)}' if one.caption else ''}"
            "</figcaption></figure>\n"
        )
    write("</div>\n")


def _write_comparison(comparison: Comparison | None, write: Write) -> None:
    if comparison is None:
        return
    heads = "".join(f"<th>{text(head)}</th>" for head in comparison.heads)
    write(f'<table class="compare"><tr><th></th>{heads}</tr>')
    for label, before, now in comparison.rows:
        write(f'<tr><td class="soft">{text(label)}</td><td>{text(before)}</td><td>{text(now)}</td></tr>')
    write("</table>\n")


def _write_details(explained: Explained, choices: tuple[Choice, ...], write: Write) -> None:
    if not explained.facts and not choices:
        return
    write("<details><summary>Evidence and choices</summary>\n")
    if explained.facts:
        facts = (f"<dt>{text(fact.label)}</dt><dd>{_fact(fact)}</dd>" for fact in explained.facts)
        write(f"<dl>{''.join(facts)}</dl>\n")
    write(f"<ol>{''.join(_choice(choice) for choice in choices)}</ol>\n</details>\n")


def _fact(fact: Fact) -> str:
    if not fact.items:
        return text(fact.value)
    items = (f"<li>{text(head)}{f'<br>{text(below)}' if below else ''}</li>" for head, below in fact.items)
    return f"<ul>{''.join(items)}</ul>"


def _choice(choice: Choice) -> str:
    mark = ' <span class="badge good">suggested</span>' if choice.suggested else ""
    reason = f' <span class="soft">{text(choice.reason)}</span>' if choice.reason else ""
    return f"<li>{text(choice.title)}{mark}{reason}</li>"


def _write_foot(source: Source, thumbnails: Thumbnails, write: Write) -> None:
    few = f" It shows the first {thumbnails.count:,} pictures only." if thumbnails.used_up and thumbnails.count else ""
    write(
        f"<footer>Written by inspector {text(__version__)} from its last scans; nothing in a storage was changed.{few} "
        "A conflict's number is for <code>inspector decide</code> and <code>inspector ignore</code>."
        "</footer>\n</main>\n</body>\n</html>\n"
    )


def _kind(kind: str) -> KindInfo:
    return KINDS.get(kind) or KindInfo(kind, kind, Severity.INFO, "")
