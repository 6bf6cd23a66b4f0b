"""A standalone Apache Spark on this machine, from the pip wheel: a master, workers and a Thrift server, all on loopback."""
