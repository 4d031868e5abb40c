"""The program `aquamind`, or `python -m datagen`: an interrupt while it imports ends it without a word."""

import signal


def main() -> None:
    """Run the command that the arguments name."""
    # Not where a shell has made what runs in the background deaf.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from datagen import cli

    cli.main()


if __name__ == "__main__":
    main()
