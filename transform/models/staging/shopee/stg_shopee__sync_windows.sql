{{ stg_sync_windows('shopee') }}
