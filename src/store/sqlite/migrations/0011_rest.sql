-- What archiving stopped, until it runs again: `stopped`, and `waking` when somebody asked for it to be started.
ALTER TABLE vms ADD COLUMN rest TEXT;
