"""Five providers at once before a started gateway: two OpenID providers and three vendors."""
