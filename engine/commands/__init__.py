"""What `bedstream …` does, one module a command; cli.py mounts them."""
