{{ stg_sync_windows('line_ads') }}
