{{ base_sync_windows('lazada_ads') }}
