with campaigns as (
    select
        base.*,
        -- Less than nothing is without limit.
        case when base.daily_budget > 0 then base.daily_budget end as limited_budget,
        ' 00:00:00 ' || coalesce(base.time_zone, '{{ var("default_time_zone") }}') as midnight
    from {{ ref('base_lazada_ads__campaigns') }} as base
)

select
    account_id,
    campaign_id,
    campaign_name,
    cast(null as string) as objective,
    case
        when online_status = '9' then 'deleted'
        when switch_status = '0' then 'paused'
        when online_status = '0' then 'offline'
        when online_status = '1' and status = '0' then 'limited'
        when online_status = '1' then 'online'
        else online_status
    end as platform_status,
    case when limited_budget is not null then 'daily' end as budget_type,
    limited_budget as daily_budget,
    cast(null as {{ decimal_type() }}) as lifetime_budget,
    {{ try_instant("cast(start_date as string) || midnight") }} as starts_at,
    {{ try_instant("cast(" ~ add_days('end_date', 1) ~ " as string) || midnight") }} as stops_at,
    cast(null as timestamp) as created_at,
    cast(null as timestamp) as updated_at
from campaigns
