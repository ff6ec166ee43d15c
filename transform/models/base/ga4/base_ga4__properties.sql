select
    property_id,
    currency_code as currency,
    time_zone,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_ga4', 'properties') }}
