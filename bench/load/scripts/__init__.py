"""What is sent: a workload compiled for one server, with what a right answer is."""
