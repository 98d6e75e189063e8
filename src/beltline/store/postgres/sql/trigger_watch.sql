-- From now on settlements note what this trigger watches. $1 namespace, $2 name, $3 definition, $4 states, $5 roots.
INSERT INTO trigger_watches (namespace, name, definition, states, roots) VALUES ($1, $2, $3, $4, $5)
