{{ base_sync_windows('lazada') }}
