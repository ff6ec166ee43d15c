"""What all of Google's APIs share: consent, and tokens."""
