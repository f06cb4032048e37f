"""Names of runs, in the order of time as far as the clock tells."""

import secrets
import time


def new_run_id() -> str:
    """A new run's name: its second in UTC and some letters of its own."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(3)}"


def seconds_of(run: str) -> float | None:
    """When a run began (s since 1970), by its name; None where it is no run's."""
    import calendar

    try:
        return float(calendar.timegm(time.strptime(run.partition("-")[0], "%Y%m%dT%H%M%SZ")))
    except ValueError:
        return None
