-- LINE says nothing of what it pays out.
select
    cast(null as string) as shop_id,
    cast(null as string) as order_id,
    cast(null as timestamp) as settled_at,
    cast(null as {{ decimal_type() }}) as payout,
    cast(null as {{ decimal_type() }}) as goods_paid
from (select 1 as nothing) as nowhere
where nothing = 0
