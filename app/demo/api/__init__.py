"""The simulated API server: objects, watches and refusals as the real one gives them."""
