"""From spec to LabPlan: ids, addresses, VNIs, pools, relay intent, preflight checks."""
