"""What is made from the records of runs: scores, drift with its cause, registers, and the forms they are read in."""
