"""How a workload is found, loaded and checked, whatever it is given as."""
