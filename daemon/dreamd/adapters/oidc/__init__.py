"""The site's identity provider, by OpenID Connect: discovery, keys, the exchange of a code, the ID token.

All of it blocks, on threads beside the daemon's own (`sign_in.OidcProvider`): no tick, call or session waits
for it. `fetching` reads bounded answers, `metadata` what a provider publishes, `id_token` verifies,
`provider` exchanges a code, `opening` reads the settings' files.

Admission: may import `dreamd.ports`, `dreamd.core`, `dreamwire` and joserfc, which `id_token` alone names;
only `dreamd.composition` imports this room, and only where the settings name an issuer.
"""
