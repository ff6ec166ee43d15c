with accounts as (
    {{ union_platforms('ad_accounts', [
        'account_id', 'account_name', 'platform_status', 'currency', 'time_zone', 'created_at',
    ], var('ads_platforms')) }}
),

-- An account is complete as far as the last of the streams that tell its figures; one that never succeeded is nowhere.
coverage as (
    select
        platform,
        shop_id as account_id,
        min(coalesce(complete_until, timestamp '1970-01-01 00:00:00')) as complete_until
    from {{ ref('stg_sync_coverage') }}
    where {{ is_ads_figures_stream('platform', 'stream') }}
    group by platform, shop_id
)

select
    accounts.platform,
    accounts.account_id,
    accounts.account_name,
    accounts.platform_status,
    accounts.currency,
    coalesce(accounts.time_zone, '{{ var("default_time_zone") }}') as time_zone,
    accounts.created_at,
    coverage.complete_until as figures_complete_until
from accounts
left join coverage
    on
        accounts.platform = coverage.platform
        and accounts.account_id = coverage.account_id
