"""The built-in workloads, one file each; how a workload is found, loaded and checked."""
