-- BigQuery keeps nine digits after the point: two of the money and at most seven of the rate, or the product is rounded
-- before it is rounded to the satang.
select
    currency,
    valid_from,
    rate_to_thb
from {{ ref('stg_exchange_rates') }}
where
    rate_to_thb <> round(rate_to_thb, 7)
    or rate_to_thb <= 0
