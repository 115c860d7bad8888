"""Search in titles and texts, Chinese by pairs of characters, with what the database brings (M10)."""
