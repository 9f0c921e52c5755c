"""What Joliba's modules share on a host: standard library only, Python 3.9 and later."""
