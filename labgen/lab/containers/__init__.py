"""What labs of containers have in common, whoever starts them."""
