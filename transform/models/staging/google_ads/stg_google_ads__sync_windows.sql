{{ stg_sync_windows('google_ads') }}
