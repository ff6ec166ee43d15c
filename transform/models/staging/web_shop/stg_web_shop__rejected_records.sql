-- A line that cannot be read is counted by a test of its base model.
select
    cast(null as string) as stream,
    cast(null as string) as shop_id,
    cast(null as string) as record_hash,
    cast(null as string) as run_id,
    cast(null as timestamp) as window_start,
    cast(null as string) as reason,
    cast(null as timestamp) as rejected_at
from (select 1 as nothing) as nowhere
where nothing = 0
