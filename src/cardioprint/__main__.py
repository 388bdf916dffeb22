"""`python -m cardioprint` is `cardioprint`."""

from cardioprint.cli import main

if __name__ == "__main__":
    main()
