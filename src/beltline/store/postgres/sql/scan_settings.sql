-- For statements that read whole tables, in their own transaction: gives the planner back what our connections forbid.
SELECT set_config(u.name, 'on', true)
FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_bitmapscan']) AS u (name)
