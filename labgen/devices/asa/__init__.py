"""Cisco ASA: what its debugs say."""
