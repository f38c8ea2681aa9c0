"""HPE Comware and H3C switches."""
