-- The key that a platform is given is made once and stands in the intent. NULL: from before, when it was derived each time.
ALTER TABLE effects ADD COLUMN key text;
-- Which attempts made the call of an effect once more under its key: none of them may act any more before it is absent.
ALTER TABLE effects ADD COLUMN called_again bigint[] NOT NULL DEFAULT '{}';
