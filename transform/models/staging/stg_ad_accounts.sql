with accounts as (
    {{ union_platforms('ad_accounts', [
        'account_id', 'account_name', 'platform_status', 'currency', 'time_zone', 'created_at', 'stream',
    ], var('ads_platforms')) }}
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
left join {{ ref('stg_sync_coverage') }} as coverage
    on
        accounts.platform = coverage.platform
        and accounts.account_id = coverage.shop_id
        and accounts.stream = coverage.stream
