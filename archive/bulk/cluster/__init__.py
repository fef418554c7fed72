"""Work in other processes: those of this machine, or the workers of a running Dask cluster."""
