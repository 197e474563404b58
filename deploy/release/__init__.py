"""A release: what is built, how it is proved to be the same bytes again, and how its reader checks it.

`make release` builds twice, from two clones in two places, with the commit's time as the only time, and
compares. A wheel built from the source distribution must be the same wheel. The result is a directory: sdist,
wheel, the lock that was tested, the list of parts (CycloneDX), notes from CHANGELOG, and the sums of all.
The sums are signed by an SSH key, because every machine that runs git can check that.
"""
