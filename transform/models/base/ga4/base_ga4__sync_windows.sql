{{ base_sync_windows('ga4') }}
