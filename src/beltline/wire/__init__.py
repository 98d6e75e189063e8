"""What crosses the network and the command line: request models, the JSON shapes of answers, problem codes.

The API, the client and the command line may import it; it acts on nothing.
"""
