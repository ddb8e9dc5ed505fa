"""The command line: one file for each command, which parses, calls and prints."""

from liftveil.cli.app import app, main

__all__ = ["app", "main"]
