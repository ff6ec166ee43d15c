{# The ledger that every tap keeps, which has the same shape for every platform: each of its models is one call. `platform` is
   the name that its source (raw_<platform>) and its models go by. #}

{# What was asked for, and what came of it. #}
{% macro base_sync_windows(platform) -%}
select
    run_id,
    stream,
    account_id,
    cast(window_start as timestamp) as window_start,
    cast(window_end as timestamp) as window_end,
    status,
    cast({{ adapter.quote('rows') }} as bigint) as records,
    cast(rejected as bigint) as rejected_records,
    cast(platform_total as bigint) as platform_total,
    cast(requests as bigint) as requests,
    cast(retries as bigint) as retries,
    {{ talat.decimal('seconds_throttled') }} as seconds_throttled,
    cast(started_at as timestamp) as started_at,
    cast(finished_at as timestamp) as finished_at,
    error
from {{ talat.raw_table('raw_' ~ platform, 'sync_windows') }}
{%- endmacro %}

{% macro stg_sync_windows(platform) -%}
select
    run_id,
    stream,
    account_id as shop_id,
    window_start,
    window_end,
    status,
    records,
    rejected_records,
    platform_total,
    requests,
    retries,
    seconds_throttled,
    started_at,
    finished_at,
    error
from {{ ref('base_' ~ platform ~ '__sync_windows') }}
{%- endmacro %}

{# What could not be converted, and why. #}
{% macro base_rejected_records(platform) -%}
select
    stream,
    account_id,
    record_hash,
    run_id,
    cast(window_start as timestamp) as window_start,
    reason,
    record,
    cast(rejected_at as timestamp) as rejected_at
from {{ talat.raw_table('raw_' ~ platform, 'rejected_records') }}
{%- endmacro %}

{% macro stg_rejected_records(platform) -%}
select
    stream,
    account_id as shop_id,
    record_hash,
    run_id,
    window_start,
    reason,
    rejected_at
from {{ ref('base_' ~ platform ~ '__rejected_records') }}
{%- endmacro %}
