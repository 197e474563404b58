"""What `up` and `top` share: keys, colours, rows. It knows neither of them."""
