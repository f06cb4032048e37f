"""The screen on what a catalog knows, without a scan: ``python -m tests.benchmarks.screen_app STATE``."""

import sys
from pathlib import Path

from inspector.engine import Engine
from inspector.tui.app import run_app


def main(state: str) -> int:
    """Run it until somebody leaves it."""
    with Engine(Path(state), Path(state)) as engine:
        return run_app(engine, [storage.id for storage in engine.storages()], scan=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
