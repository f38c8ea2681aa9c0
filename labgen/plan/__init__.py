"""Turns a spec into a LabPlan: ids, addresses, VNIs, pools, relay intent, preflight checks."""
