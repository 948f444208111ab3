"""The files that telephones fetch: who asks, in which brand's words, and what it may have."""
