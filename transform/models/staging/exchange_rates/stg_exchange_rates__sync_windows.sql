{{ stg_sync_windows('exchange_rates') }}
