{{ base_sync_windows('facebook_ads') }}
