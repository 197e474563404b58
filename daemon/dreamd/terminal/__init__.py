"""The room that `up` and `top` share: keys, colours, rows, the clock. It imports neither of them."""
