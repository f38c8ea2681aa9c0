"""Networks that labgen did not make: reached as their owner says, and left as they were found."""
