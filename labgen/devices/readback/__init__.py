"""Configurations that labgen wrote for a node, read back by the device's own readers and held against the plan."""
