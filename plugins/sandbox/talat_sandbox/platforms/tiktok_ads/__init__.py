"""TikTok API for Business."""
