"""The fault campaign: what may go wrong around a run, done to it at random moments, and proofs that nothing was lost."""
