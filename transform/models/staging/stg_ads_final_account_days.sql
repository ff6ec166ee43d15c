-- Days of an account that are final in every stream that tells its figures; a stream that is not loaded has no ledger,
-- and nothing waits for it.
with streams as (
    select distinct
        platform,
        shop_id as account_id,
        stream
    from {{ ref('stg_sync_windows') }}
    where {{ is_ads_figures_stream('platform', 'stream') }}
),

counted as (
    select
        platform,
        account_id,
        count(*) as streams
    from streams
    group by platform, account_id
)

select
    final_days.platform,
    final_days.account_id,
    final_days.date
from {{ ref('stg_ads_final_days') }} as final_days
inner join streams
    on
        final_days.platform = streams.platform
        and final_days.account_id = streams.account_id
        and final_days.stream = streams.stream
inner join counted
    on
        final_days.platform = counted.platform
        and final_days.account_id = counted.account_id
group by final_days.platform, final_days.account_id, final_days.date, counted.streams
having count(*) = counted.streams
