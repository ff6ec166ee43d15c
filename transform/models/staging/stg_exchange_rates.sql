select
    currency,
    -- The first rate of a currency also serves the time before it.
    case
        when row_number() over (partition by currency order by valid_from) = 1 then date '1900-01-01'
        else valid_from
    end as valid_from,
    coalesce(lead(valid_from) over (partition by currency order by valid_from), date '9999-12-31') as valid_to,
    rate_to_thb
from {{ ref('exchange_rates') }}
