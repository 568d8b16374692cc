# Sessions, messages, consoles and recordings.
