"""What AWS tells the default event bus by itself: API calls, alarm transitions, instance states."""
