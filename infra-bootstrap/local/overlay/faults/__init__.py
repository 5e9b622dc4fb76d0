"""What goes wrong on purpose: refusals, throttling, lost answers, killed functions, delays, blindness."""
