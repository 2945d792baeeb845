"""The watch over web server and worker: signs of life, whole families, one watch a data folder (decision 0009)."""
