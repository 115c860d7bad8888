"""Where the pieces of answers are kept while they are written: the database, or Redis Streams (D12)."""
