"""The guide's script 3: `aquamind batch`."""

from command import main

from datagen.cli import making

if __name__ == "__main__":
    main(making.batch)
