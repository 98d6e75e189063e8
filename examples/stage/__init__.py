"""What the examples share: a folder and a console, worker processes that can be killed, checks at the end."""
