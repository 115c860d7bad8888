"""Sign-on providers: each file speaks with one kind and yields an SSOIdentity."""
