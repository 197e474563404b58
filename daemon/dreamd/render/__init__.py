"""A recorded night as sound and picture: reads recordings, signs with a provenance authority of its own.

It is an operator's tool and no part of the daemon. Libraries of the extra `stage` are loaded in `png` and
`manifests` alone.
"""
