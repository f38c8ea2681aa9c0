"""The rules behind the findings: small functions over one exchange, or over all of them."""
