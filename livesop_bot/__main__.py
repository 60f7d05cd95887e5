"""`python -m livesop_bot` is `livesop`."""

from livesop_bot.cli import main

main()
