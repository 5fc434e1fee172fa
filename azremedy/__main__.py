"""Let ``python -m azremedy`` be the console script."""

from azremedy.cli.main import main

main()
