select
    shop_id,
    ordernumber as order_number,
    orderstatus as order_status,
    paymentstatus as payment_status,
    paymentmethod as payment_method,
    shipmentstatus as shipment_status,
    cast(checkoutat as timestamp) as checked_out_at,
    cast(paidat as timestamp) as paid_at,
    cast(lastupdatedat as timestamp) as updated_at,
    {{ decimal('subtotalprice') }} as subtotal_price,
    {{ decimal('discountamount') }} as discount_amount,
    {{ decimal('shipmentprice') }} as shipment_price,
    {{ decimal('totalprice') }} as total_price,
    {{ json_text('shipmentdetail', 'shipmentCompanyNameEn') }} as shipment_company,
    orderitems as order_items,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_line_shop', 'orders') }}
