select
    base as base_currency,
    currency,
    date,
    -- Not cast: a decimal with nine digits as the loaders store it, which is more than any rate has.
    rate,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_exchange_rates', 'rates') }}
