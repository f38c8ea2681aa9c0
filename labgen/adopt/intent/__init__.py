"""Intents: what DHCP relaying of a network that labgen did not make is meant to do, and how its nodes are reached."""
