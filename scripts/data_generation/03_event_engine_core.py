"""The guide's script 3: `aquamind batch`."""

from command import main

from datagen import cli

if __name__ == "__main__":
    main(cli.batch)
