-- Nothing: here deltas have no index. (The driver takes no script that says nothing.)
SELECT;
