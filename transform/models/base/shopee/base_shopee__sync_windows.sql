{{ base_sync_windows('shopee') }}
