-- Campaigns that were deleted may be listed no more: those that the last whole reading did not find are deleted.
with readings as (
    select
        account_id,
        max(started_at) as last_started_at
    from {{ ref('base_shopee_ads__sync_windows') }}
    where stream = 'campaigns' and status = 'done'
    group by account_id
),

gmv_max as (
    select distinct
        account_id,
        campaign_id
    from {{ ref('base_shopee_ads__gms_daily') }}
),

found as (
    select
        campaigns.account_id,
        campaigns.campaign_id,
        campaigns.campaign_name,
        campaigns.ad_type as objective,
        case
            when campaigns.extracted_at < readings.last_started_at then 'deleted'
            else campaigns.campaign_status
        end as platform_status,
        nullif(campaigns.campaign_budget, 0) as daily_budget,
        campaigns.starts_at,
        campaigns.stops_at
    from {{ ref('base_shopee_ads__campaigns') }} as campaigns
    left join readings on campaigns.account_id = readings.account_id
    union all
    select
        gmv_max.account_id,
        gmv_max.campaign_id,
        'GMV Max' as campaign_name,
        'gms' as objective,
        cast(null as string) as platform_status,
        cast(null as {{ decimal_type() }}) as daily_budget,
        cast(null as timestamp) as starts_at,
        cast(null as timestamp) as stops_at
    from gmv_max
    left join {{ ref('base_shopee_ads__campaigns') }} as campaigns
        on
            gmv_max.account_id = campaigns.account_id
            and gmv_max.campaign_id = campaigns.campaign_id
    where campaigns.campaign_id is null
)

select
    account_id,
    campaign_id,
    campaign_name,
    objective,
    platform_status,
    case when daily_budget is not null then 'daily' end as budget_type,
    daily_budget,
    cast(null as {{ decimal_type() }}) as lifetime_budget,
    starts_at,
    stops_at,
    cast(null as timestamp) as created_at,
    cast(null as timestamp) as updated_at
from found
