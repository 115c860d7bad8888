"""A certified OpenID provider (npm oidc-provider) as a test part: `provider.py` starts it."""
