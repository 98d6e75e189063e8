"""`python -m beltline.cli` is `beltline`."""

from beltline.cli.main import main

main()
