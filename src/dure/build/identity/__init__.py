"""Identity: jobs say who they are to others outside of this house, in tokens that the house signs (OpenID Connect).

In: a job with the permission `id-token: write`, and for whom the token is. Out: a token that lives for minutes, and
what others need to check it. Asks: the vault, which keeps the key.
"""

from dure.build.identity.claims import Claims, claims_of
from dure.build.identity.key import ISSUER_PATH, Issuer, discovery, first_key, there_is_a_key

__all__ = ["ISSUER_PATH", "Claims", "Issuer", "claims_of", "discovery", "first_key", "there_is_a_key"]
