"""Clause-by-clause and attack vectors against DHCPv4 relays: `labgen conform`."""
