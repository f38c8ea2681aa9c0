"""From LabPlan to files: netlab, containerlab, device configurations, inventory, diagrams."""
