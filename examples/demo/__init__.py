"""The main job: photographs to thumbnails, a table into a database, a worker killed on the way."""
