{{ stg_sync_windows('ga4') }}
