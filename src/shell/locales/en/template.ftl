# Templates and quotas.
