"""The common part of labs of containers, whoever starts them."""
