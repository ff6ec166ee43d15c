{{ base_sync_windows('exchange_rates') }}
