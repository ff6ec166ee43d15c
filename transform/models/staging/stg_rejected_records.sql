{{ union_platforms('rejected_records', [
    'stream', 'shop_id', 'record_hash', 'run_id', 'window_start', 'reason', 'rejected_at',
], var('platforms') + var('ads_platforms') + ['exchange_rates', 'ga4']) }}
