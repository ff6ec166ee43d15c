"""What all Talat taps share: windows, concurrent fetching, rate limits, tokens, state, records and the sync ledger."""
