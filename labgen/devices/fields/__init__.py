"""Packets that programs print field by field."""
