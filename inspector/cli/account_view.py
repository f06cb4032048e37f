"""An account as lines for people."""

from collections.abc import Iterator

from inspector.cli.summary import aligned
from inspector.model.account import Account
from inspector.model.account_words import behind_words, device_words, fault_words, holding_words
from inspector.model.display import counted, display_name, display_text

_EXAMPLES = 10


def account_lines(account: Account) -> Iterator[str]:
    """The counts side by side, each difference with its first keys, devices with what is behind, faults, notes."""
    yield account.things
    rows = [(one.title, f"{len(one.keys):,}", holding_words(one), display_name(one.layer)) for one in account.holdings]
    yield from (f"  {line}" for line in aligned(rows, right=(1,)))
    for one in account.differences:
        yield f"  {len(one.keys):,}  {one.title}"
        yield from (f"      {display_name(key)}" for key in one.keys[:_EXAMPLES])
        if len(one.keys) > _EXAMPLES:
            yield f"      … and {len(one.keys) - _EXAMPLES:,} more"
    if not account.differences:
        yield "  no differences"
    for device in account.devices:
        yield f"{display_name(device.name)}" + (f"  {display_name(device.id)}" if device.id != device.name else "")
        yield f"  {'; '.join(device_words(device))}"
        yield from (f"      {behind_words(behind)}" for behind in device.behind[:_EXAMPLES])
        if len(device.behind) > _EXAMPLES:
            yield f"      … and {len(device.behind) - _EXAMPLES:,} more"
    if account.faults:
        yield counted(len(account.faults), "document") + " with faults"
    for fault in account.faults:
        yield f"  {display_name(fault.path)}"
        yield f"      {display_text(fault_words(fault))}"
    yield from (display_text(note) for note in account.notes)
