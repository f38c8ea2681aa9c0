"""Nornir: inventory, connections and tasks that turn a running lab into Evidence."""
