-- For lists by time, in their own transaction: lets the planner use the indexes by time (BRIN), which are only ever read
-- as bitmaps, and which our connections forbid.
SELECT set_config('enable_bitmapscan', 'on', true)
