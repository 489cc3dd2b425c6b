-- A host that is gone for good: a person says so, and what was lost on it is known to be dead from then on.
ALTER TABLE hosts ADD COLUMN gone_at TIMESTAMP WITH TIME ZONE;
GRANT UPDATE (gone_at) ON hosts TO callsheet_gateway;
GRANT UPDATE (dead_at) ON attempts TO callsheet_gateway;
