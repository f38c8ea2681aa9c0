"""Cumulus Linux (NVUE)."""
