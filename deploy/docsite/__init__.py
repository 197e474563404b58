"""The documentation as a site: the documents of the tree, and pages made from protocols and the client.

`make docs` stages the documents in the places they have in the tree, so that one link works on a forge and on
the site. It adds a page for each .proto file and each module of the client, and builds with MkDocs, strictly:
a link that leads nowhere, or a page that no menu holds, ends it. The site asks no other host for anything.
"""
