"""`python -m beltline.cli` is `beltline`."""

from beltline.cli.start import main

main()
