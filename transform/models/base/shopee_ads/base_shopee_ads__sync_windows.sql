{{ base_sync_windows('shopee_ads') }}
