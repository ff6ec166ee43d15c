{{ base_sync_windows('line_ads') }}
