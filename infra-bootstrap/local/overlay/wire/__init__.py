"""AWS's wire formats, read by the service models that botocore ships."""
