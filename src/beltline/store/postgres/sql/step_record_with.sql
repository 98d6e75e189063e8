-- Records a step in the caller's own transaction, whose search path is not ours: {schema} is put in by the driver, and the
-- one argument is written as the caller's driver wants it.
SELECT {schema}.record_step({argument})
