"""The physical face: a button and a light, through gpiozero."""
