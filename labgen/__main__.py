"""`python -m labgen`."""

from labgen.cli.entry import main

if __name__ == "__main__":
    main()
