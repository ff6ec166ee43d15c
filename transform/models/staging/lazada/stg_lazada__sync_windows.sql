{{ stg_sync_windows('lazada') }}
