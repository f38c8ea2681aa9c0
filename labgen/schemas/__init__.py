"""Published JSON Schemas of what each stage takes and gives: spec, playbook, plan, verdict, analysis, matrix."""
