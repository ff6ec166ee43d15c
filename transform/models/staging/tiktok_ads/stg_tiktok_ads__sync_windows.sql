{{ stg_sync_windows('tiktok_ads') }}
