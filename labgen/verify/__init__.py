"""Playbooks, checks and the verdict."""
