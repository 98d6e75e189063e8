-- Holds an event, unless one of its key was there.
INSERT INTO trigger_events (namespace, name, event_key, payload, hops, at)
VALUES (:namespace, :name, :event_key, :payload, :hops, :now)
ON CONFLICT (namespace, name, event_key) WHERE event_key IS NOT NULL DO NOTHING
