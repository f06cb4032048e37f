"""The program's start. Imports nothing until it is known what is wanted, so that `--version` answers at once."""

import sys


def main() -> None:
    """Run the command line; the exit code says how it ended."""
    if sys.argv[1:] == ["--version"]:
        from inspector import __version__

        print(f"inspector {__version__}")
        return
    from inspector.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
