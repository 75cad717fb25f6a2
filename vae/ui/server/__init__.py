"""What answers: the models on show, the endpoints, and the gate before them."""
