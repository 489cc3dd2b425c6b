-- What an outward step says besides its text: options, media, a link. NULL where its text is all that it says.
ALTER TABLE effects ADD COLUMN content jsonb;

-- Orders of films whose outcome is open packed seconds and aspect into their target (`10 s 9:16`). They are written as new
-- ones are, so that they are found again by their format, and compared with new orders as whole as these are: the hash of
-- the words stays, and that of the rest stands behind a point. What is settled stays as it was written.
UPDATE effects SET
    content = jsonb_build_object('options', jsonb_build_object(
        'seconds', split_part(target, ' s ', 1)::int, 'aspect', split_part(target, ' s ', 2))),
    fingerprint = fingerprint || '.' || encode(sha256(convert_to(
        '{"options":{"aspect":"' || split_part(target, ' s ', 2) || '","seconds":' || split_part(target, ' s ', 1)::int || '}}',
        'UTF8')), 'hex'),
    target = ''
WHERE action = 'video' AND outcome IN ('intended', 'unknown') AND target ~ '^[0-9]{1,3} s [0-9]{1,2}:[0-9]{1,2}$';
