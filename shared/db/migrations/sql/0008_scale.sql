-- What a million stored tasks need: plans that go by index whatever the statistics said when they were made.

-- The engine's statements are few and each has its index. Their plans are generic and are kept for as long as a session lives:
-- one that was made while a table was small, or empty as in a new home, reads the whole table for ever after (measured: the
-- first 20,000 probes of a new home were done at 1,100 a second, the next at 3,000). Where there is no index nothing changes.
ALTER ROLE callsheet_dispatcher SET enable_seqscan = off;
ALTER ROLE callsheet_worker SET enable_seqscan = off;
