select
    account_id,
    cast(id as string) as adgroup_id,
    cast(campaignid as string) as campaign_id,
    name as adgroup_name,
    configuredstatus as configured_status,
    deliverystatus as delivery_status,
    cast(dailybudgetmicro as bigint) as daily_budget_micro,
    cast(createddate as timestamp) as created_at,
    cast(modifieddate as timestamp) as updated_at,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_line_ads', 'adgroups') }}
