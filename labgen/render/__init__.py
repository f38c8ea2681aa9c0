"""Turns a LabPlan into files: netlab, containerlab, device configurations, inventory, diagrams."""
