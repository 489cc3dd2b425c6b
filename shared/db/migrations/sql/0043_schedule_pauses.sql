-- A schedule that is paused has no next slot; what it leaves out are days and times on the wall of its zone, and instants.
ALTER TABLE schedules
    ADD COLUMN paused BOOLEAN DEFAULT false NOT NULL,
    ADD COLUMN exdates TEXT[] DEFAULT '{}' NOT NULL;
