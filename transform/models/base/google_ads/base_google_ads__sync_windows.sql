{{ base_sync_windows('google_ads') }}
