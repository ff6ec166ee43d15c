select
    customer_id as account_id,
    customer_descriptive_name as account_name,
    customer_status as status,
    customer_currency_code as currency,
    customer_time_zone as time_zone,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_google_ads', 'customers') }}
