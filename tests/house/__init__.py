"""Guards of the house: what a review would have to notice, as tests."""
