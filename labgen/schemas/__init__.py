"""Published JSON Schemas of what each stage takes and gives: spec, playbook, plan, verdict, analysis, matrix."""

NAMES = ("spec", "intent", "playbook", "plan", "verdict", "analysis", "matrix")
"""The schemas there are. `published` makes them; here they are known without the models they describe."""
