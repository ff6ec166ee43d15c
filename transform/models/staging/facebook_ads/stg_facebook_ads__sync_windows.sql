{{ stg_sync_windows('facebook_ads') }}
