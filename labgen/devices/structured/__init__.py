"""Servers that log objects: JSON lines and logfmt."""
