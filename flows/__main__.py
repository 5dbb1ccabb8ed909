"""`python -m flows` is `dmd`."""

from flows.cli import main

if __name__ == "__main__":
    main()
