"""Programs that use Beltline as anyone would. `python -m examples.demo` runs the main one."""
