"""Singer tap for TikTok Ads."""
