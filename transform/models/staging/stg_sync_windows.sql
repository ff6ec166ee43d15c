{{ union_platforms('sync_windows', [
    'run_id', 'stream', 'shop_id', 'window_start', 'window_end', 'status', 'records', 'rejected_records',
    'platform_total', 'requests', 'retries', 'seconds_throttled', 'started_at', 'finished_at', 'error',
], var('platforms') + var('ads_platforms') + ['exchange_rates', 'ga4']) }}
