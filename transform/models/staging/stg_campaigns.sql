with campaigns as (
    {{ union_platforms('campaigns', [
        'account_id', 'campaign_id', 'campaign_name', 'objective', 'platform_status', 'budget_type', 'daily_budget',
        'lifetime_budget', 'starts_at', 'stops_at', 'created_at', 'updated_at',
    ], var('ads_platforms')) }}
),

located as (
    select
        campaigns.*,
        accounts.account_name,
        accounts.currency,
        coalesce(accounts.time_zone, '{{ var("default_time_zone") }}') as time_zone,
        coalesce(accounts.figures_complete_until, {{ utc_now() }}) as known_until,
        coalesce(mapping.status, 'other') as mapped_status,
        -- One that was archived or deleted before its time is over since it last changed.
        case
            when
                mapping.status in ('ended', 'deleted')
                and campaigns.updated_at < coalesce(campaigns.stops_at, timestamp '9999-12-31 00:00:00')
                then campaigns.updated_at
            else {{ add_seconds('campaigns.stops_at', -1) }}
        end as last_moment
    from campaigns
    left join {{ ref('stg_ad_accounts') }} as accounts
        on campaigns.platform = accounts.platform and campaigns.account_id = accounts.account_id
    left join {{ ref('campaign_status_mapping') }} as mapping
        on campaigns.platform = mapping.platform and campaigns.platform_status = mapping.platform_status
),

ruled as (
    select
        located.*,
        case
            when located.mapped_status = 'active' and located.stops_at <= located.known_until then 'ended'
            else located.mapped_status
        end as status,
        {{ local_date('coalesce(located.starts_at, located.created_at)', 'located.time_zone') }} as starts_on,
        {{ local_date('located.last_moment', 'located.time_zone') }} as ends_on,
        {{ local_date('located.known_until', 'located.time_zone') }} as known_on
    from located
)

select
    ruled.platform,
    ruled.account_id,
    ruled.account_name,
    ruled.campaign_id,
    ruled.campaign_name,
    ruled.objective,
    ruled.status,
    ruled.platform_status,
    ruled.currency,
    ruled.time_zone,
    ruled.budget_type,
    ruled.daily_budget,
    {{ to_thb('ruled.daily_budget', 'rates.rate_to_thb') }} as daily_budget_thb,
    ruled.lifetime_budget,
    ruled.starts_at,
    ruled.stops_at,
    ruled.starts_on,
    ruled.ends_on,
    ruled.created_at,
    ruled.updated_at
from ruled
left join {{ ref('stg_exchange_rates') }} as rates
    on
        ruled.currency = rates.currency
        and ruled.known_on >= rates.valid_from
        and ruled.known_on < rates.valid_to
