-- Published rates where there are some, else the seed's. Spans of one currency never overlap.
with in_baht as (
    -- The baht's own rate of the euro; of all others the cross rate over the euro of the same day.
    select
        currency,
        date,
        rate as euro_rate,
        max(case when currency = 'THB' then rate end) over (partition by date) as baht_rate
    from {{ ref('base_exchange_rates__rates') }}
    where base_currency = 'EUR' and rate > 0
),

crossed as (
    select
        currency,
        date,
        {{ cross_rate('baht_rate', 'euro_rate') }} as rate_to_thb
    from in_baht
    where currency <> 'THB' and baht_rate is not null
    union all
    select
        'EUR' as currency,
        date,
        {{ cross_rate('baht_rate', '1') }} as rate_to_thb
    from in_baht
    where currency = 'THB'
),

followed as (
    select
        currency,
        date as valid_from,
        coalesce(lead(date) over (partition by currency order by date), date '9999-12-31') as next_from,
        rate_to_thb
    from crossed
    where rate_to_thb > 0
),

published as (
    select
        currency,
        valid_from,
        next_from,
        least(next_from, {{ add_days('valid_from', var('exchange_rate_days')) }}) as valid_to,
        rate_to_thb
    from followed
),

seeded as (
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
),

-- Days of which nothing is published: before the first, and where the next is too far away.
unpublished as (
    select
        currencies.currency,
        date '1900-01-01' as hole_from,
        coalesce(min(published.valid_from), date '9999-12-31') as hole_to
    from (select distinct currency from seeded) as currencies
    left join published on currencies.currency = published.currency
    group by currencies.currency
    union all
    select
        currency,
        valid_to as hole_from,
        next_from as hole_to
    from published
    where valid_to < next_from
),

spans as (
    select
        currency,
        valid_from,
        valid_to,
        rate_to_thb,
        'ecb' as source
    from published
    union all
    select
        seeded.currency,
        greatest(seeded.valid_from, unpublished.hole_from) as valid_from,
        least(seeded.valid_to, unpublished.hole_to) as valid_to,
        seeded.rate_to_thb,
        'seed' as source
    from seeded
    inner join unpublished
        on
            seeded.currency = unpublished.currency
            and seeded.valid_from < unpublished.hole_to
            and seeded.valid_to > unpublished.hole_from
)

select
    currency,
    -- That of a currency which the seed does not name, too.
    case
        when row_number() over (partition by currency order by valid_from) = 1 then date '1900-01-01'
        else valid_from
    end as valid_from,
    valid_to,
    rate_to_thb,
    source
from spans
