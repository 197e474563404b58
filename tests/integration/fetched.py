"""Prints what a page answers over TLS: python fetched.py AUTHORITY.pem URL BEARER."""

import ssl
import sys
import urllib.request

authority, url, bearer = sys.argv[1:]
asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {bearer}"})
print(urllib.request.urlopen(asked, context=ssl.create_default_context(cafile=authority)).read().decode())
