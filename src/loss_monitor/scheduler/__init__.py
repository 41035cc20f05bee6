"""The batch system that the training runs under: what it says of the job."""
