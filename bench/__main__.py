"""`python -m bench`: the same commands as the nox sessions."""

from bench.cli import main

if __name__ == "__main__":
    main()
