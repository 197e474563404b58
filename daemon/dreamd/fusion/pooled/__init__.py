"""Many small Dreamscapes in one pass: the numbers of `fusion.collective`, over the rows of all of them."""
