"""Run a proof whole and print its figures. Exit code 1 where it fails."""

import importlib
import sys

PROOFS = {
    "kills": "kills",
    "errors": "errors",
    "power-cut": "power_cut",
    "full-disk": "full_disk",
    "read-only": "read_only",
    "opens": "opens",
    "unmounted": "unmounted",
    "machine": "machine",
    "two-processes": "two_processes",
    "two-machines": "two_machines",
}
"""The module of each proof; its `main` gets the other arguments and returns the exit code."""


def main(arguments: list[str]) -> int:
    """Run the proof that is named first."""
    if not arguments or arguments[0] not in PROOFS:
        print(f"usage: python -m tests.reliability {' | '.join(PROOFS)}", file=sys.stderr)
        return 2
    module = importlib.import_module(f"tests.reliability.{PROOFS[arguments[0]]}")
    code: int = module.main(arguments[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
