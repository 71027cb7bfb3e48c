"""What every place shares: page frame, theme, session, messages and number formats."""
