"""The switch: where audio lives. C core (own thread) and its one Python face, `switch.Switch`."""
