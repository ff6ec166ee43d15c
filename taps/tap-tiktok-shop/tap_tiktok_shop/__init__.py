"""Singer tap for TikTok Shop."""
