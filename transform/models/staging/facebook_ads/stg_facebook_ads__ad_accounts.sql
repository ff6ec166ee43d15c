select
    account_id,
    account_name,
    case account_status
        when 1 then 'active'
        when 2 then 'disabled'
        when 3 then 'unsettled'
        when 7 then 'pending_risk_review'
        when 8 then 'pending_settlement'
        when 9 then 'grace_period'
        when 100 then 'pending_closure'
        when 101 then 'closed'
        else cast(account_status as string)
    end as platform_status,
    currency,
    time_zone,
    created_at
from {{ ref('base_facebook_ads__ad_accounts') }}
