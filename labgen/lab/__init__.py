"""Providers that run a plan, behind one Protocol."""
